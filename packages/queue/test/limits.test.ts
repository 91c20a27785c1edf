import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LimitStore } from '../src/limits/limit-store.ts';
import { Limiter, type LimitPolicy } from '../src/limits/limiter.ts';
import { Pauses } from '../src/limits/pauses.ts';
import { type Bed, createBed, createDatabase, freshBed, until } from './bed.ts';
import { backends, hasRedis, queueServers, startRedis } from './servers.ts';

const servers = queueServers();
const policy = (points: number, seconds = 60): LimitPolicy => ({ name: 'test', points, seconds });

/** How many of so many at once were allowed. */
async function allowedOf(count: number, limiters: readonly Limiter[], key = 'somebody'): Promise<number> {
  const takes = Array.from({ length: count }, (_, index) => limiters[index % limiters.length]!.take(key));
  return (await Promise.all(takes)).filter(({ allowed }) => allowed).length;
}

/** The store, and how often it was asked. */
function counting(store: LimitStore) {
  const asked = { times: 0 };
  const count: LimitStore['count'] = (...what) => {
    asked.times += 1;
    return store.count(...what);
  };
  return { asked, store: { ...store, count } };
}

describe.each(backends)('limits on %s', type => {
  let bed: Bed;
  beforeEach(async () => {
    bed = await freshBed(type, servers);
    // Connected: a limit asked before that would be counted in memory.
    await bed.queue().ping();
  });
  afterEach(() => bed.close());

  /** As another process would open it. */
  async function openStore(): Promise<LimitStore> {
    const queue = bed.queue();
    await until('it is connected', () =>
      queue.ping().then(
        () => true,
        () => false,
      ),
    );
    return queue.limits;
  }

  it('are one limit for all processes, exact where it is small', async () => {
    const limiters = [new Limiter(await openStore(), policy(10)), new Limiter(await openStore(), policy(10))];
    expect(await allowedOf(60, limiters)).toBe(10);
    expect(await allowedOf(60, limiters)).toBe(0);
    expect(await allowedOf(5, limiters, 'somebody else')).toBe(5);
    expect(bed.logged()).not.toContain('in memory');
  });

  it('of a busy caller ask the store for a fiftieth at a time', async () => {
    const { asked, store } = counting(await openStore());
    const limiter = new Limiter(store, policy(1_000));
    for (let request = 0; request < 500; request += 1) expect((await limiter.take('busy')).allowed).toBe(true);
    expect(asked.times).toBe(25);
    expect(await limiter.take('busy')).toMatchObject({ allowed: true, remaining: 499 });
    expect(await allowedOf(2_000, [limiter], 'busy')).toBe(499);
    const before = asked.times;
    expect(await limiter.take('busy')).toMatchObject({ allowed: false, remaining: 0 });
    expect(limiter.look('busy')).toMatchObject({ allowed: false, remaining: 0 });
    expect(limiter.look('nobody')).toMatchObject({ allowed: true, remaining: 1_000, resetMs: 60_000 });
    expect(asked.times).toBe(before);
    // Another process learns it from the store, and counts nothing by that.
    const elsewhere = new Limiter(store, limiter.policy);
    expect(elsewhere.look('busy').allowed).toBe(true);
    expect(await elsewhere.ask('busy')).toMatchObject({ allowed: false, remaining: 0 });
    for (let time = 0; time < 3; time += 1)
      expect(await elsewhere.ask('nobody')).toMatchObject({ allowed: true, remaining: 1_000 });
  });

  it('never allow more than the limit, and lose at most what one process holds', async () => {
    const limiters = [new Limiter(await openStore(), policy(1_000)), new Limiter(await openStore(), policy(1_000))];
    const allowed = (await allowedOf(800, [limiters[0]!])) + (await allowedOf(800, [limiters[1]!]));
    expect(allowed).toBeLessThanOrEqual(1_000);
    expect(allowed).toBeGreaterThanOrEqual(980);
  });

  it('begin anew with each window', async () => {
    const limiter = new Limiter(await openStore(), policy(2, 1));
    expect(await allowedOf(5, [limiter])).toBe(2);
    await until('the window is over', async () => (await limiter.take('somebody')).allowed);
  });

  it('of guesses begin free and grow into pauses, however many come at once', async () => {
    const store = await openStore();
    const pauses = new Pauses(store, {
      name: 'guess',
      free: 3,
      firstSeconds: 5,
      longestSeconds: 100,
      forgetSeconds: 600,
    });
    const waits = await Promise.all(Array.from({ length: 40 }, () => pauses.begin('zoe')));
    expect(waits.filter(ms => ms === 0)).toHaveLength(4);
    for (const ms of waits) expect(ms).toBeLessThanOrEqual(5_000);
    await until('the pause is over', async () => (await pauses.begin('zoe')) === 0, 20_000);
    const second = await pauses.begin('zoe');
    expect(second).toBeGreaterThan(5_000);
    expect(second).toBeLessThanOrEqual(10_000);
    expect(await pauses.begin('another')).toBe(0);
    await pauses.forget('zoe');
    expect(await pauses.begin('zoe')).toBe(0);
    expect(await store.peek('guess:zoe')).toBe(1);
    await pauses.takeBack('zoe');
    expect(await store.peek('guess:zoe')).toBe(0);
    expect(await store.peek('guess:nobody')).toBe(0);
  });
});

/** The lines of the log that tell where limits are counted. */
const told = (bed: Bed) => bed.logged().match(/limits are counted in [a-z ]+/g) ?? [];

describe('a store that is away', () => {
  it.runIf(hasRedis)('is replaced by memory, told once, and used again when it is back', async () => {
    const redis = await startRedis();
    const bed = createBed({ type: 'redis', url: redis.url });
    try {
      const { limits } = bed.queue();
      await until('it is connected', async () => {
        const limiter = new Limiter(limits, { name: 'probe', points: 1_000_000, seconds: 60 });
        await limiter.take('probe');
        return (await limits.peek('probe:probe')) > 0 && told(bed).length % 2 === 0;
      });
      const before = told(bed).length;
      await redis.stop();
      const limiter = new Limiter(limits, policy(10));
      const began = Date.now();
      expect(await allowedOf(50, [limiter])).toBe(10);
      expect(await allowedOf(50, [limiter], 'another')).toBe(10);
      expect(Date.now() - began).toBeLessThan(8_000);
      expect(told(bed).slice(before)).toEqual(['limits are counted in memory until their store answers']);
      await redis.start();
      await until('it is used again', async () => {
        await limits.peek('x');
        return told(bed).length === before + 2;
      });
      expect(await allowedOf(50, [new Limiter(limits, policy(10))])).toBe(10);
    } finally {
      await bed.close();
      await redis.stop();
    }
  });

  it.runIf(hasRedis)('that says nothing at all holds requests up for two seconds, and the next ones not', async () => {
    const redis = await startRedis();
    const bed = createBed({ type: 'redis', url: redis.url });
    try {
      const { limits } = bed.queue();
      await until('it is connected', async () => (await limits.count('probe', 1, 60)) && told(bed).length % 2 === 0);
      redis.freeze();
      const began = Date.now();
      expect(await allowedOf(50, [new Limiter(limits, policy(10))])).toBe(10);
      expect(Date.now() - began).toBeLessThan(8_000);
    } finally {
      await bed.close();
      await redis.stop();
    }
  });

  it('or a database without their table, is replaced by memory', async () => {
    const bed = createBed({ type: 'postgres', url: await createDatabase(servers.postgresAdminUrl, false) });
    try {
      expect(await allowedOf(50, [new Limiter(bed.queue().limits, policy(10))])).toBe(10);
      expect(told(bed)).toEqual(['limits are counted in memory until their store answers']);
    } finally {
      await bed.close();
    }
  });

  it('is remembered for in memory as long as it is away, also what counts for a month', async () => {
    const bed = createBed({ type: 'postgres', url: await createDatabase(servers.postgresAdminUrl, false) });
    try {
      const { limits } = bed.queue();
      await limits.count('guess', 3, 30 * 86_400);
      await new Promise(resolve => setTimeout(resolve, 50));
      expect(await limits.peek('guess')).toBe(3);
    } finally {
      await bed.close();
    }
  });
});
