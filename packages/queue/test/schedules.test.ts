import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineSchedule, type Schedule } from '../src/schedules.ts';
import { type Bed, createBed, freshBed, gate, pause, until } from './bed.ts';
import { drain, sweep } from './jobs.ts';
import { backends, hasRedis, queueServers, startRedis } from './servers.ts';

const servers = queueServers();

const every = (everyMs: number, id = 'webhooks.sweep'): Schedule =>
  defineSchedule({ id, job: sweep, payload: {}, everyMs });

describe.each(backends)('schedules on %s', type => {
  let bed: Bed;
  let runs: number[];
  beforeEach(async () => {
    bed = await freshBed(type, servers);
    runs = [];
  });
  afterEach(() => bed.close());

  const sweeper = (schedules: Schedule[], scheduleCheckMs?: number) =>
    bed.worker(
      [sweep],
      {
        'webhooks.sweep': async () => {
          runs.push(Date.now());
          return 'swept';
        },
      },
      { schedules, ...(scheduleCheckMs === undefined ? {} : { scheduleCheckMs }) },
    );

  it('run at once and then at their pace, however often the list is compared', async () => {
    await sweeper([every(400)], 25);
    await until('five ran', () => runs.length >= 5);
    const elapsed = runs[4]! - runs[0]!;
    // The second run falls on the next multiple of the interval, so the first gap may be shorter.
    expect(elapsed).toBeGreaterThan(1_150);
    expect(elapsed).toBeLessThan(2_600);
    expect(await bed.queue().counts()).toMatchObject({ delayed: 1, failed: 0 });
  });

  it('are not run twice by several workers', async () => {
    await Promise.all([sweeper([every(500)], 25), sweeper([every(500)], 25), sweeper([every(500)], 25)]);
    // Each worker writes the list when it starts, and a new schedule runs at once: from the next run on there is one pace.
    await until('all have started, and the pace is found', () => runs.length >= 2 && Date.now() - runs[0]! > 1_000);
    const before = runs.length;
    const began = Date.now();
    await until('three more ran', () => runs.length - before >= 3 && Date.now() - began >= 2_000);
    // By the time that really passed: a busy machine's pause is longer. Twice as many would be 8 and more.
    const intervals = Math.floor((Date.now() - began) / 500);
    expect(before).toBeLessThanOrEqual(3 + Math.ceil((began - runs[0]!) / 500));
    expect(runs.length - before).toBeLessThanOrEqual(intervals + 1);
    expect((await bed.queue().counts()).delayed).toBe(1);
  });

  it('are removed when the list no longer has them, and changed when it says otherwise', async () => {
    const before = await sweeper([every(60_000), every(60_000, 'other')]);
    await until('both ran', () => runs.length === 2);
    await before.close(1_000);
    expect((await bed.queue().counts()).delayed).toBe(2);
    await sweeper([every(300)]);
    const { delayed, waiting } = await bed.queue().counts();
    expect(delayed + waiting).toBeLessThanOrEqual(1);
    runs = [];
    // At the old one, a minute would pass before the second.
    await until('the new pace holds', () => runs.length >= 3);
  });

  it('keep their new pace also when a run comes late', async () => {
    // BullMQ remembers where in the old interval the runs lay: somewhere within hours.
    const before = await sweeper([every(10_000_000)]);
    await until('it ran', () => runs.length === 1);
    await before.close(1_000);
    runs = [];
    await bed.worker(
      [sweep],
      {
        'webhooks.sweep': async () => {
          runs.push(Date.now());
          await pause(700);
          return 'swept';
        },
      },
      { schedules: [every(300)] },
    );
    await until('three ran', () => runs.length >= 3);
  });

  it('keep their place in a queue that is behind', async () => {
    const busy = gate();
    const order: string[] = [];
    const queue = bed.queue();
    await queue.enqueue(drain, { integrationId: 'first' });
    await bed.worker(
      [drain, sweep],
      {
        'webhooks.drain': async ({ integrationId }) => {
          if (integrationId === 'first') await busy.opened;
          order.push(integrationId);
          return 'drained';
        },
        'webhooks.sweep': async () => {
          order.push('sweep');
          return 'swept';
        },
      },
      { schedules: [every(60_000)], scheduleCheckMs: 25 },
    );
    await queue.enqueue(drain, { integrationId: 'last' });
    await pause(300);
    busy.open();
    await until('all ran', () => order.length === 3);
    expect(order).toEqual(['first', 'sweep', 'last']);
  });

  it('are refused when they make no sense', async () => {
    await expect(sweeper([every(500), every(700)])).rejects.toThrow('There are two schedules webhooks.sweep.');
    await expect(sweeper([every(5)])).rejects.toThrow('everyMs is at least 100');
    await expect(sweeper([every(500, 'a:b')])).rejects.toThrow('not "a:b"');
  });
});

describe.skipIf(!hasRedis)('schedules after a FLUSHALL', () => {
  it('are written again', async () => {
    const own = await startRedis();
    const bed = createBed({ type: 'redis', url: own.url });
    let runs = 0;
    await bed.worker(
      [sweep],
      {
        'webhooks.sweep': async () => {
          runs += 1;
          return 'swept';
        },
      },
      { schedules: [every(300)], scheduleCheckMs: 200 },
    );
    await until('it ran', () => runs >= 2);
    const redis = new Redis(own.url);
    await redis.flushall();
    redis.disconnect();
    const before = runs;
    await until('it runs again', () => runs >= before + 3, 5_000);
    await bed.close();
    await own.stop();
  });
});
