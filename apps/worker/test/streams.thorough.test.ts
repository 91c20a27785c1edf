import { findRedis } from '@pagekeeper/testing/redis';
import { describe, it } from 'vitest';
import { compareStreams } from './streams.ts';

describe.each(['postgres', 'redis'] as const)('a recorded stream of 600 changes, with the queue on %s', queue => {
  it.skipIf(queue === 'redis' && !findRedis())(
    'ends the same however it comes and whatever is killed, and each question is answered once',
    () => compareStreams({ queue, rounds: 4, runs: 4, kills: { api: 4, workers: 5 } }),
    1_800_000,
  );
});
