import { describe, it } from 'vitest';
import { killEverywhere } from './kills.ts';

describe('a worker that is killed with -9 at any point', () => {
  it('loses nothing and sends nothing twice: 20 kills at each point', async () => {
    await killEverywhere(20);
  }, 900_000);
});
