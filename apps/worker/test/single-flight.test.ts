import { describe, it } from 'vitest';
import { refreshInProcesses } from './single-flight.ts';

describe('processes that refresh the same person at the same moment', () => {
  it('exchange the token once: 4 of them (16 in the thorough run)', async () => {
    await refreshInProcesses(4);
  }, 120_000);
});
