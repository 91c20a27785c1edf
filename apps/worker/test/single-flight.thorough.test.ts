import { describe, it } from 'vitest';
import { refreshInProcesses } from './single-flight.ts';

describe('processes that refresh the same person at the same moment', () => {
  it('exchange the token once: 16 of them', async () => {
    await refreshInProcesses(16);
  }, 300_000);
});
