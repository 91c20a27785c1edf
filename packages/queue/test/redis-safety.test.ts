import { freePort } from '@pagekeeper/testing/system/ports';
import { afterEach, describe, expect, it } from 'vitest';
import { checkRedis } from '../src/redis-safety.ts';
import { createBed } from './bed.ts';
import { hasRedis, type OwnRedis, startRedis } from './servers.ts';

describe.skipIf(!hasRedis)('checkRedis', () => {
  let own: OwnRedis | undefined;
  afterEach(() => own?.stop());
  const sentence = 'Redis may evict jobs: set its maxmemory-policy to "noeviction" (it is "allkeys-lru").';

  it('refuses a Redis that may evict in production, and warns in development', async () => {
    own = await startRedis('--maxmemory-policy', 'allkeys-lru');
    const bed = createBed({ type: 'redis', url: own.url });
    await expect(checkRedis(own, { production: true })).rejects.toThrow(sentence);
    await checkRedis(own, { production: false, log: bed.log });
    expect(bed.logged()).toContain('Redis may evict jobs');
  });

  it('accepts noeviction', async () => {
    own = await startRedis('--maxmemory-policy', 'noeviction');
    await checkRedis(own, { production: true });
  });

  it('says that nobody answers', async () => {
    const url = `redis://:secret@127.0.0.1:${await freePort()}`;
    await expect(checkRedis({ url }, { production: true })).rejects.toThrow(
      /^The queue could not ask Redis for its settings: [A-Za-z]+\.$/,
    );
  });
});
