import { findRedis } from '@pagekeeper/testing/redis';
import { describe, it } from 'vitest';
import { compareStreams } from './streams.ts';

describe.each(['postgres', 'redis'] as const)('a recorded stream, with the queue on %s', queue => {
  it.skipIf(queue === 'redis' && !findRedis())(
    'ends the same however it comes, and each question is answered once (150 changes; 600 in the thorough run)',
    () => compareStreams({ queue, rounds: 1, runs: 1, kills: { api: 1, workers: 0 } }),
    120_000,
  );
});
