import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bed, freshBed } from './bed.ts';
import { drain, refresh } from './jobs.ts';
import { backends, queueServers } from './servers.ts';

const servers = queueServers();

describe.each(backends)('what waits in a queue on %s', type => {
  let bed: Bed;
  beforeEach(async () => {
    bed = await freshBed(type, servers);
  });
  afterEach(() => bed.close());

  it('is told by kind, with the time since when the oldest could have run, without what is delayed', async () => {
    const queue = bed.queue();
    expect(await queue.waitingJobs()).toEqual([]);
    const beganMs = Date.now();
    await queue.enqueueMany(refresh, [{ loginId: 'one' }, { loginId: 'two' }]);
    const betweenMs = Date.now();
    await queue.enqueue(drain, { integrationId: 'acme' });
    await queue.enqueue(drain, { integrationId: 'rival' }, { delayMs: 60_000 });
    const waiting = (await queue.waitingJobs()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(waiting.map(({ name, count }) => [name, count])).toEqual([
      ['facebook.refresh', 2],
      ['webhooks.drain', 1],
    ]);
    expect(waiting[0]!.sinceMs).toBeGreaterThanOrEqual(beganMs);
    expect(waiting[0]!.sinceMs).toBeLessThanOrEqual(betweenMs);
    expect(waiting[1]!.sinceMs).toBeGreaterThanOrEqual(betweenMs);
  });

  it('is looked at up to a bound, those that wait longest first', async () => {
    const queue = bed.queue();
    await queue.enqueue(drain, { integrationId: 'first' });
    await queue.enqueueMany(
      refresh,
      Array.from({ length: 220 }, (_, index) => ({ loginId: `login-${index}` })),
    );
    const waiting = await queue.waitingJobs();
    expect(Object.fromEntries(waiting.map(({ name, count }) => [name, count]))).toEqual({
      'webhooks.drain': 1,
      'facebook.refresh': 199,
    });
  });
});
