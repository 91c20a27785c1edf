import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { findRedis, killRedisOf, startRedis } from '../src/redis.ts';
import { isAlive } from '../src/system/process.ts';

test.skipIf(findRedis() === null)('Redis stops, comes back empty on the same port, and can be cleared up', async () => {
  const redis = await startRedis(inject('servers').folder);
  const first = redis.pid();
  await redis.flush();
  await redis.restart();
  expect(isAlive(first)).toBe(false);
  expect(isAlive(redis.pid())).toBe(true);
  await redis.flush();
  killRedisOf(join(inject('servers').folder, 'no-such-folder'));
  await redis.stop();
  await redis.stop();
  expect(isAlive(redis.pid())).toBe(false);
});
