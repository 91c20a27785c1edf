import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineJob } from '../src/define-job.ts';
import { type Bed, freshBed, until } from './bed.ts';
import { drain, refresh } from './jobs.ts';
import { backends, queueServers } from './servers.ts';

const servers = queueServers();
const none = { waiting: 0, active: 0, delayed: 0, failed: 0 };

const tell = defineJob({
  name: 'people.tell',
  payload: z.strictObject({ organization_id: z.uuid(), note: z.string() }),
  attempts: 1,
  backoff: { type: 'fixed', delayMs: 0 },
});

describe.each(backends)('looking into a queue on %s', type => {
  let bed: Bed;
  beforeEach(async () => {
    bed = await freshBed(type, servers);
  });
  afterEach(() => bed.close());

  it('finds nothing in an empty one', async () => {
    expect(await bed.queue().survey()).toEqual({
      ...none,
      backend: type,
      kinds: [],
      isComplete: true,
      waitingSince: null,
    });
    expect(await bed.queue().failedJobs({ offset: 0, limit: 10 })).toEqual([]);
  });

  it('counts by kind, and tells since when the oldest could have run', async () => {
    const queue = bed.queue();
    const before = Date.now();
    await queue.enqueueMany(refresh, [{ loginId: 'one' }, { loginId: 'two' }]);
    const between = Date.now();
    await queue.enqueue(drain, { integrationId: 'acme' });
    await queue.enqueue(drain, { integrationId: 'rival' }, { delayMs: 60_000 });
    const { waitingSince, ...survey } = await queue.survey();
    expect(survey).toEqual({
      ...none,
      waiting: 3,
      delayed: 1,
      backend: type,
      isComplete: true,
      kinds: [
        { ...none, name: 'facebook.refresh', waiting: 2 },
        { ...none, name: 'webhooks.drain', waiting: 1, delayed: 1 },
      ],
    });
    expect(waitingSince!.getTime()).toBeGreaterThanOrEqual(before);
    expect(waitingSince!.getTime()).toBeLessThanOrEqual(between);
  });

  it('says when there are more than it looked at', async () => {
    const queue = bed.queue();
    await queue.enqueueMany(
      refresh,
      Array.from({ length: 201 }, (_, index) => ({ loginId: `login-${index}` })),
    );
    const { waiting, kinds, isComplete } = await queue.survey();
    expect([waiting, kinds, isComplete]).toEqual([201, [{ ...none, name: 'facebook.refresh', waiting: 200 }], false]);
  });

  it('lists what failed, the last one first, and shows of its payload the ids alone', async () => {
    const queue = bed.queue();
    const payloads = ['first', 'second', 'third'].map(note => ({ organization_id: randomUUID(), note }));
    let reason = 'the mail server said: EAAsecretsecretsecretsecretsecret';
    await bed.worker([tell], {
      'people.tell': async () => {
        throw new Error(reason);
      },
    });
    for (const [index, payload] of payloads.entries()) {
      await queue.enqueue(tell, payload);
      await until('it failed', async () => (await queue.counts()).failed === index + 1);
      reason = 'no';
    }
    const all = await queue.failedJobs({ offset: 0, limit: 10 });
    expect(all.map(({ ids }) => ids)).toEqual(payloads.reverse().map(({ organization_id }) => ({ organization_id })));
    expect(all[0]).toMatchObject({ name: 'people.tell', attempts: 1, reason: 'no' });
    expect(Date.now() - all[0]!.failedAt.getTime()).toBeLessThan(60_000);
    expect(all[2]!.reason).toContain('the mail server said');
    expect(JSON.stringify(all)).not.toMatch(/secret|first|second|third/);
    const [middle] = await queue.failedJobs({ offset: 1, limit: 1 });
    expect(middle).toEqual(all[1]);
    expect((await queue.survey()).kinds).toEqual([{ ...none, name: 'people.tell', failed: 3 }]);
  });

  it('has a failed job tried again, once however often it is asked for', async () => {
    const queue = bed.queue();
    let isBroken = true;
    const runs: string[] = [];
    const worker = await bed.worker([drain], {
      'webhooks.drain': async ({ integrationId }) => {
        runs.push(integrationId);
        if (isBroken) throw new Error('not today');
        return 'drained';
      },
    });
    await queue.enqueue(drain, { integrationId: 'acme' });
    await until('it failed for good', async () => (await queue.counts()).failed === 1);
    await worker.close(500);
    expect(runs).toHaveLength(3);
    const { id } = (await queue.failedJobs({ offset: 0, limit: 1 }))[0]!;
    expect(await Promise.all([queue.retry(id), queue.retry(id), queue.retry(id)])).toEqual([true, true, true]);
    expect(await queue.counts()).toEqual({ ...none, waiting: 1 });
    isBroken = false;
    await bed.worker([drain], {
      'webhooks.drain': async ({ integrationId }) => {
        runs.push(`again ${integrationId}`);
        return 'drained';
      },
    });
    await until('it ran', () => runs.length === 4);
    expect(runs.at(-1)).toBe('again acme');
    await until('nothing is left', async () => (await queue.counts()).active === 0);
    expect(await queue.counts()).toEqual(none);
    // What is done is not done again.
    expect(await queue.retry(id)).toBe(true);
    expect(await queue.counts()).toEqual(none);
    expect([await queue.retry('987654321'), await queue.retry('no-such-job')]).toEqual([false, false]);
  });
});
