import { askRedis } from '@pagekeeper/testing/ask-redis';
import { startRedisCluster } from '@pagekeeper/testing/redis-cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkQueue } from '../src/check-queue.ts';
import { defineSchedule } from '../src/schedules.ts';
import { type Bed, createBed, pause, until } from './bed.ts';
import { drain, refresh } from './jobs.ts';
import { hasRedis } from './servers.ts';

describe.skipIf(!hasRedis)('a queue on a Redis Cluster of three masters', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
  let bed: Bed;

  beforeAll(async () => {
    cluster = await startRedisCluster();
    bed = createBed({ type: 'redis', url: cluster.url, isCluster: true });
  }, 60_000);

  afterAll(async () => {
    await bed?.close();
    await cluster?.stop();
  });

  it('carries jobs, delays and schedules, each job once', async () => {
    const seen: string[] = [];
    let swept = 0;
    await bed.worker(
      [drain, refresh],
      {
        'webhooks.drain': async ({ integrationId }) => {
          seen.push(integrationId);
          return 'drained';
        },
        'facebook.refresh': async () => {
          swept += 1;
          return 'refreshed';
        },
      },
      {
        concurrency: 4,
        schedules: [defineSchedule({ id: 'refresh', job: refresh, payload: { loginId: 'all' }, everyMs: 1_000 })],
      },
    );
    const queue = bed.queue();
    await queue.ping();
    const ids = Array.from({ length: 100 }, (_, index) => `integration-${index}`);
    await queue.enqueueMany(
      drain,
      ids.map(integrationId => ({ integrationId })),
    );
    await queue.enqueue(drain, { integrationId: 'later' }, { delayMs: 300 });
    await until('all jobs', () => seen.length === 101 && swept > 1);
    await pause(200);
    expect(seen.toSorted()).toEqual([...ids, 'later'].toSorted());
    expect(seen.at(-1)).toBe('later');
    expect((await queue.counts()).failed).toBe(0);
  });

  it('counts limits there too', async () => {
    const { limits } = bed.queue();
    const counts = await Promise.all(Array.from({ length: 20 }, (_, index) => limits.count(`key-${index % 5}`, 1, 60)));
    expect(Math.max(...counts.map(({ count }) => count))).toBe(4);
    expect(await limits.peek('key-3')).toBe(4);
  });

  it('is refused in production while one of its masters may evict, which is named', async () => {
    const check = () => checkQueue(bed.connection, { production: true });
    await check();
    for (const port of cluster.ports) {
      const setPolicy = (policy: string) => askRedis(port, 'CONFIG', 'SET', 'maxmemory-policy', policy);
      await setPolicy('allkeys-lru');
      await expect(check()).rejects.toThrow(`Redis at 127.0.0.1:${port} may evict jobs`);
      await setPolicy('noeviction');
    }
  });

  it('that nobody listens at is told from one that evicts', async () => {
    const away = { type: 'redis', url: 'redis://127.0.0.1:1', isCluster: true } as const;
    await expect(checkQueue(away, { production: true })).rejects.toThrow(
      'The queue could not ask Redis for its settings: unreachable.',
    );
  });
});
