import { itWithoutTwins } from '@pagekeeper/testing/network/behind-pgbouncer';
import { describe } from 'vitest';
import { killEverywhere } from './kills.ts';

describe('a worker that is killed with -9 at any point', () => {
  itWithoutTwins(
    'loses nothing and sends nothing twice (2 kills at each point; 20 in the thorough run)',
    async () => {
      await killEverywhere(2);
    },
    240_000,
  );
});
