import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bed, freshBed, gate, until } from './bed.ts';
import { drain, refresh } from './jobs.ts';
import { backends, queueServers } from './servers.ts';

const servers = queueServers();
const counts = { waiting: 0, active: 0, delayed: 0, failed: 0 };

describe.each(backends)('forgetting on %s', type => {
  let bed: Bed;
  beforeEach(async () => {
    bed = await freshBed(type, servers);
  });
  afterEach(() => bed.close());

  it('removes waiting and delayed jobs that name the id, and no other', async () => {
    const queue = bed.queue();
    await queue.enqueueMany(refresh, [{ loginId: 'acme' }, { loginId: 'rival' }, { loginId: 'acme' }]);
    await queue.enqueue(drain, { integrationId: 'acme' });
    await queue.enqueue(refresh, { loginId: 'acme' }, { delayMs: 60_000 });
    await queue.enqueue(refresh, { loginId: 'acme-2' }, { delayMs: 60_000 });
    expect(await queue.forget('acme')).toEqual({ removed: 4, left: 0 });
    expect(await queue.counts()).toEqual({ ...counts, waiting: 1, delayed: 1 });
    expect(await queue.forget('acme')).toEqual({ removed: 0, left: 0 });
  });

  it('removes what was done and what failed for good', async () => {
    const queue = bed.queue();
    const done: string[] = [];
    await bed.worker(
      [refresh, drain],
      {
        'facebook.refresh': async () => 'refreshed',
        'webhooks.drain': async () => {
          throw new Error('not today');
        },
      },
      { onJob: ({ outcome }) => done.push(outcome) },
    );
    await queue.enqueue(refresh, { loginId: 'acme' });
    await queue.enqueue(drain, { integrationId: 'acme' });
    await queue.enqueue(drain, { integrationId: 'rival' });
    await until('both failed', async () => (await queue.counts()).failed === 2);
    await until('one is done', () => done.includes('refreshed'));
    expect(await queue.forget('acme')).toEqual({ removed: 2, left: 0 });
    expect((await bed.failedJobs()).map(job => job.data)).toEqual([{ integrationId: 'rival' }]);
  });

  it('leaves what runs now and counts it, and finds the nudge that came meanwhile once it has ended', async () => {
    const queue = bed.queue();
    const [running, go] = [gate(), gate()];
    await bed.worker([drain], {
      'webhooks.drain': async () => {
        running.open();
        await go.opened;
        return 'drained';
      },
    });
    await queue.enqueue(drain, { integrationId: 'acme' });
    await running.opened;
    await queue.enqueue(drain, { integrationId: 'acme' });
    expect(await queue.forget('acme')).toMatchObject({ left: 1 });
    go.open();
    await until('nothing is left', async () => {
      const { removed, left } = await queue.forget('acme');
      return removed + left === 0;
    });
    expect(await queue.counts()).toEqual(counts);
  });

  it('frees the key of what it removed: the next nudge is taken', async () => {
    const queue = bed.queue();
    await queue.enqueue(drain, { integrationId: 'acme' });
    await queue.forget('acme');
    await queue.enqueue(drain, { integrationId: 'acme' });
    expect(await queue.counts()).toEqual({ ...counts, waiting: 1 });
  });

  it('looks through more jobs than one page of them', async () => {
    const queue = bed.queue();
    const payloads = Array.from({ length: 1_300 }, (_, index) => ({ loginId: index % 2 ? 'acme' : 'rival' }));
    await queue.enqueueMany(refresh, payloads);
    expect(await queue.forget('acme')).toEqual({ removed: 650, left: 0 });
    expect(await queue.counts()).toEqual({ ...counts, waiting: 650 });
  });
});
