import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineJob } from '../src/define-job.ts';
import { InvalidPayloadError } from '../src/errors.ts';
import type { Queue } from '../src/queue.ts';
import { type Bed, freshBed, gate, pause, until } from './bed.ts';
import { drain, refresh } from './jobs.ts';
import { backends, queueServers } from './servers.ts';

const servers = queueServers();

const isEmpty = async (queue: Queue) => Object.values(await queue.counts()).every(count => count === 0);

describe.each(backends)('a queue on %s', type => {
  let bed: Bed;
  beforeEach(async () => {
    bed = await freshBed(type, servers);
  });
  afterEach(() => bed.close());

  it('hands each job to its handler once and records the outcome', async () => {
    const seen: unknown[] = [];
    const records: unknown[] = [];
    await bed.worker(
      [drain, refresh],
      {
        'webhooks.drain': async ({ integrationId }, context) => {
          seen.push([integrationId, context.name, context.attempt, context.signal.aborted]);
          return 'drained';
        },
        'facebook.refresh': async ({ loginId }) => {
          seen.push(loginId);
          return { outcome: 'refreshed', pages: 3 };
        },
      },
      { onJob: record => records.push(record) },
    );
    const queue = bed.queue();
    await queue.ping();
    await queue.enqueue(drain, { integrationId: 'integration-1' });
    await queue.enqueue(refresh, { loginId: 'login-1' });
    await until('both ran', () => records.length === 2);
    await until('nothing is left', () => isEmpty(queue));
    await pause(100);
    expect(seen).toEqual([['integration-1', 'webhooks.drain', 1, false], 'login-1']);
    expect(records).toMatchObject([
      { name: 'webhooks.drain', outcome: 'drained' },
      { name: 'facebook.refresh', outcome: 'refreshed' },
    ]);
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0 });
    expect(bed.logged()).toContain('"outcome":"refreshed","pages":3');
  });

  it('begins many at a pace, and what is added again meanwhile neither piles up nor holds up who asks at once', async () => {
    const queue = bed.queue();
    const many = ['page-a', 'page-b', 'page-c', 'page-d', 'page-e'].map(integrationId => ({ integrationId }));
    await queue.enqueueMany(drain, many, { perSecond: 2 });
    expect(await queue.counts()).toMatchObject({ waiting: 2, delayed: 3 });
    await queue.enqueueMany(drain, many, { perSecond: 2 });
    await queue.enqueue(drain, { integrationId: 'page-e' });
    await queue.enqueue(drain, { integrationId: 'other-page' });
    expect(await queue.counts()).toMatchObject({ waiting: 4, delayed: 3 });
    const seen: string[] = [];
    await bed.worker([drain], {
      'webhooks.drain': async ({ integrationId }) => {
        seen.push(integrationId);
        return 'drained';
      },
    });
    await until('all ran', () => seen.length === 7);
    await queue.enqueueMany(drain, many.slice(0, 1), { perSecond: 2 });
    await until('it runs again when it is done', () => seen.length === 8);
  });

  it('refuses a payload that does not fit before it is added', async () => {
    const queue = bed.queue();
    const bad = [{ integrationId: 7 }, { integrationId: 'i-1', token: 'canary' }, { integrationId: 'nul\0' }];
    for (const payload of [...bad, { integrationId: '\ud800 alone' }, { integrationId: 'x'.repeat(20_000) }]) {
      const error = await queue.enqueue(drain, payload as { integrationId: string }).catch(fault => fault);
      expect(error).toBeInstanceOf(InvalidPayloadError);
      expect(inspect(error)).not.toContain('canary');
    }
    await expect(queue.enqueueMany(drain, [{ integrationId: 'fine' }, { integrationId: '' }])).rejects.toThrow(
      'The payload does not fit job webhooks.drain: integrationId (too_small).',
    );
    expect((await queue.counts()).waiting).toBe(0);
  });

  it('tries again after a pause, then counts the job as failed', async () => {
    const tries: { attempt: number; at: number }[] = [];
    const outcomes: string[] = [];
    await bed.worker(
      [drain],
      {
        'webhooks.drain': async (_payload, { attempt }) => {
          tries.push({ attempt, at: Date.now() });
          throw new Error('not today');
        },
      },
      { onJob: record => outcomes.push(record.outcome) },
    );
    const queue = bed.queue();
    await queue.enqueue(drain, { integrationId: 'integration-1' });
    await until('it failed', async () => (await queue.counts()).failed === 1);
    expect(tries.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(tries[1]!.at - tries[0]!.at).toBeGreaterThanOrEqual(45);
    expect(outcomes).toEqual(['retried', 'retried', 'failed']);
    // A failed job does not stand in the way of the next nudge.
    await queue.enqueue(drain, { integrationId: 'integration-1' });
    await until('it ran again', () => tries.length > 3);
  });

  it('fails a payload that the worker cannot parse for good, without asking the handler', async () => {
    const looser = defineJob({ ...refresh, payload: z.looseObject({}), deduplicate: undefined as never });
    const queue = bed.queue();
    await queue.enqueue(looser, { loginId: 5 });
    let asked = 0;
    await bed.worker([refresh], {
      'facebook.refresh': async () => {
        asked += 1;
        return 'refreshed';
      },
    });
    await until('it failed', async () => (await queue.counts()).failed === 1);
    expect(asked).toBe(0);
    const [job] = await bed.failedJobs();
    expect(job?.attemptsMade).toBe(1);
    expect(job?.failedReason).toBe('The payload does not fit job facebook.refresh: loginId (invalid_type).');
  });

  it('makes waiting nudges for the same thing one', async () => {
    const queue = bed.queue();
    for (let nudge = 0; nudge < 5; nudge += 1) await queue.enqueue(drain, { integrationId: 'same' });
    await queue.enqueueMany(drain, [{ integrationId: 'same' }, { integrationId: 'other' }]);
    expect((await queue.counts()).waiting).toBe(2);
    const ran: string[] = [];
    await bed.worker([drain], {
      'webhooks.drain': async ({ integrationId }) => {
        ran.push(integrationId);
        return 'drained';
      },
    });
    await until('both ran', () => ran.length === 2);
    await pause(200);
    expect(ran).toEqual(['same', 'other']);
  });

  it('runs once more for nudges that arrive while their like is active', async () => {
    const queue = bed.queue();
    const first = gate();
    let runs = 0;
    await bed.worker(
      [drain],
      {
        'webhooks.drain': async () => {
          runs += 1;
          if (runs === 1) await first.opened;
          return 'drained';
        },
      },
      { concurrency: 4 },
    );
    await queue.enqueue(drain, { integrationId: 'same' });
    await until('the first is active', () => runs === 1);
    for (let nudge = 0; nudge < 3; nudge += 1) await queue.enqueue(drain, { integrationId: 'same' });
    await queue.enqueueMany(drain, [{ integrationId: 'same' }]);
    await pause(100);
    expect(runs).toBe(1);
    first.open();
    await until('the nudges were heard', () => runs === 2);
    await until('nothing is left', () => isEmpty(queue));
    await pause(200);
    expect(runs).toBe(2);
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0 });
  });

  it('runs once more even when the active run fails for good, and once for nudges during its pause', async () => {
    const queue = bed.queue();
    const once = { ...drain, attempts: 2, backoff: { type: 'fixed', delayMs: 3_000 } } as const;
    const holds = [gate(), gate()];
    const attempts: number[] = [];
    await bed.worker([once], {
      'webhooks.drain': async (_payload, { attempt }) => {
        attempts.push(attempt);
        const hold = holds[attempts.length - 1];
        if (!hold) return 'drained';
        await hold.opened;
        throw new Error('not today');
      },
    });
    const nudge = () => queue.enqueue(once, { integrationId: 'same' });
    await nudge();
    await until('the first try runs', () => attempts.length === 1);
    holds[0]!.open();
    await until('it pauses', async () => (await queue.counts()).delayed === 1);
    await nudge();
    await nudge();
    expect(await queue.counts()).toMatchObject({ waiting: 0, delayed: 1 });
    await until('the second try runs', () => attempts.length === 2);
    await nudge();
    holds[1]!.open();
    await until('the last nudge was heard', () => attempts.length === 3);
    await pause(100);
    expect(attempts).toEqual([1, 2, 1]);
    expect((await queue.counts()).failed).toBe(1);
  });

  it('loses no nudge when they race with the end of the run', async () => {
    const queue = bed.queue();
    let written = 0;
    let read = 0;
    await bed.worker(
      [drain],
      {
        'webhooks.drain': async () => {
          read = written;
          await pause(Math.random() * 3);
          return 'drained';
        },
      },
      { concurrency: 4 },
    );
    for (let nudge = 0; nudge < 150; nudge += 1) {
      written += 1;
      await queue.enqueue(drain, { integrationId: 'same' });
      await pause(Math.random() * 4);
    }
    await until('the last write was read', () => read === written, 5_000);
  });

  it('runs a delayed job when it is due, and does not let it swallow a nudge for now', async () => {
    const queue = bed.queue();
    const ran: number[] = [];
    let start = 0;
    await bed.worker([drain], {
      'webhooks.drain': async () => {
        ran.push(Date.now() - start);
        return 'drained';
      },
    });
    start = Date.now();
    await queue.enqueue(drain, { integrationId: 'same' }, { delayMs: 400 });
    await queue.enqueue(drain, { integrationId: 'same' });
    // The nudge is not swallowed: it would be by a job of the same name that waits.
    await until('both ran', () => ran.length === 2);
    expect(ran[1]).toBeGreaterThanOrEqual(395);
    expect(ran[1]).toBeLessThan(3_000);
  });

  it('takes many jobs at once', async () => {
    const queue = bed.queue();
    await queue.enqueueMany(
      refresh,
      Array.from({ length: 1_200 }, (_, index) => ({ loginId: `login-${index}` })),
    );
    await queue.enqueueMany(refresh, []);
    expect((await queue.counts()).waiting).toBe(1_200);
    const ran = new Set<string>();
    await bed.worker(
      [refresh],
      {
        'facebook.refresh': async ({ loginId }) => {
          ran.add(loginId);
          return 'refreshed';
        },
      },
      { concurrency: 20 },
    );
    await until('all ran', () => ran.size === 1_200, 15_000);
  });

  it('runs as many jobs at once as it was told, and no more', async () => {
    const queue = bed.queue();
    let now = 0;
    let most = 0;
    let done = 0;
    const held = gate();
    await bed.worker(
      [refresh],
      {
        'facebook.refresh': async () => {
          now += 1;
          most = Math.max(most, now);
          await held.opened;
          now -= 1;
          done += 1;
          return 'refreshed';
        },
      },
      { concurrency: 3 },
    );
    await queue.enqueueMany(
      refresh,
      Array.from({ length: 12 }, (_, index) => ({ loginId: `login-${index}` })),
    );
    await until('as many as it may are active', () => now === 3);
    await pause(200);
    expect(now).toBe(3);
    held.open();
    await until('all ran', () => done === 12);
    expect(most).toBe(3);
  });

  it('lets the active job finish when it closes, and takes no other', async () => {
    const queue = bed.queue();
    const began = gate();
    let done = 0;
    const worker = await bed.worker([refresh], {
      'facebook.refresh': async () => {
        began.open();
        await pause(300);
        done += 1;
        return 'refreshed';
      },
    });
    await queue.enqueueMany(refresh, [{ loginId: 'first' }, { loginId: 'second' }]);
    await began.opened;
    await worker.close(5_000);
    expect(done).toBe(1);
    expect(await queue.counts()).toMatchObject({ waiting: 1, active: 0 });
  });

  it('gives a job up when the deadline has passed, after telling it', async () => {
    const queue = bed.queue();
    const began = gate();
    let told = 0;
    const worker = await bed.worker([refresh], {
      'facebook.refresh': (_payload, { signal }) => {
        began.open();
        const start = Date.now();
        signal.addEventListener('abort', () => {
          told ||= Date.now() - start;
        });
        return new Promise(() => {});
      },
    });
    await queue.enqueue(refresh, { loginId: 'stuck' });
    await began.opened;
    const start = Date.now();
    await worker.close(4_000);
    expect(Date.now() - start).toBeLessThan(5_100);
    expect(told).toBeGreaterThanOrEqual(2_900);
    expect(told).toBeLessThan(4_000);
    expect(bed.logged()).toContain('jobs given up');
    expect((await queue.counts()).active).toBe(1);
  });

  it('stores and logs neither payloads nor tokens when a handler throws', async () => {
    const queue = bed.queue();
    await bed.worker([drain], {
      'webhooks.drain': async payload => {
        const error = new TypeError(`cannot use ${JSON.stringify(payload)} with EAAcanaryToken123`);
        throw Object.assign(error, { config: { data: payload, secret: 'canary-property' } });
      },
    });
    await queue.enqueue(drain, { integrationId: 'canary-payload' });
    await until('it failed', async () => (await queue.counts()).failed === 1);
    const [job] = await bed.failedJobs();
    expect(job?.failedReason).toBe('TypeError: cannot use {"integrationId":"[payload]"} with [sealed]');
    expect(job?.stacktrace).toHaveLength(1);
    expect(job?.stacktrace?.[0]).toContain('behaviour.test.ts');
    expect(`${job?.failedReason}${job?.stacktrace}`).not.toMatch(/canary/);
    expect(bed.logged()).toContain('job did not succeed');
    expect(bed.logged()).not.toMatch(/canary/);
  });
});
