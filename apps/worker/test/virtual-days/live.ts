import { setTimeout as sleep } from 'node:timers/promises';
import { sweepLogins } from '@pagekeeper/domain/facebook/sweep-logins';
import { sendNotificationsJob } from '@pagekeeper/domain/jobs';
import { sweep } from '@pagekeeper/domain/sweep';
import type { Queue } from '@pagekeeper/queue/queue';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { Happenings } from './happenings.ts';
import { type Judgement, judge, judgeThrottles } from './judge.ts';
import { day, hour, minute } from './random.ts';
import { type Size, settleTown, type Town } from './town.ts';
import { readEvents } from './truth.ts';
import { Watch } from './watch.ts';

export interface Life extends Size {
  /** Days until which nothing is done: so old the logins are when misfortunes begin. */
  startDay: number;
  days: number;
  /** The clock jumps from one due time to the next, but no less than this. */
  leastStepMs: number;
  /** Between two misfortunes of a person. */
  meanDays: number;
  /** How long a fault of Facebook's lasts: less than four hours, or a check could come a day late. */
  faultMinutes: readonly [number, number];
  seed: number;
}

const appId = '257000000000001';
const concurrency = 4;

/**
 * Lets days of virtual time pass, ours and Facebook's, with misfortunes and faults that follow from the seed. What was
 * seen from outside (statuses, mails, refusals) is held against the simulator's ledger.
 */
export async function liveThrough(life: Life): Promise<Judgement> {
  process.stdout.write(`seed ${life.seed}\n`);
  const startedAt = Date.now();
  const network = await startNetwork({
    mail: true,
    workerEnv: { CONCURRENCY: String(concurrency), FACEBOOK_TIMEOUT_MS: '1500', LOG_LEVEL: 'warn' },
    apiEnv: { LOG_LEVEL: 'error' },
  });
  try {
    const clock = new VirtualClock(network);
    const town = await settleTown(network, life, clock.now);
    await network.settle(60_000);
    await clock.moveTo(clock.now() + life.startDay * day);
    const [from, to] = [clock.now(), clock.now() + life.days * day];
    const watch = new Watch(network, from);
    const { seed, meanDays, faultMinutes } = life;
    const happenings = new Happenings(network, town, { seed, now: clock.now, end: to, meanDays, faultMinutes });
    const steps = await passTime(network, { clock, happenings, watch, to, leastStepMs: life.leastStepMs });
    const judgement = judge(town, await readEvents(network), watch.seen, { from, to });
    judgement.complaints.push(...judgeThrottles(watch.seen, happenings.atOnce(concurrency)));
    report(life, town, happenings, watch, judgement, { steps, seconds: (Date.now() - startedAt) / 1_000 });
    return judgement;
  } finally {
    await network.stop();
  }
}

/** Business time and Facebook's, which run on with the real one and are moved forward. */
class VirtualClock {
  readonly #network: Network;
  #offsetSeconds = 0;

  constructor(network: Network) {
    this.#network = network;
  }

  now = (): number => Date.now() + this.#offsetSeconds * 1_000;

  async moveTo(time: number): Promise<void> {
    this.#offsetSeconds += Math.max(0, Math.ceil((time - this.now()) / 1_000));
    await this.#network.moveClock(this.#offsetSeconds / 3_600);
  }
}

interface Passing {
  clock: VirtualClock;
  happenings: Happenings;
  watch: Watch;
  to: number;
  leastStepMs: number;
}

/** From due time to due time. @returns how many steps that took */
async function passTime(network: Network, { clock, happenings, watch, to, leastStepMs }: Passing): Promise<number> {
  let collectAt = clock.now() + day;
  for (let steps = 0; ; steps += 1) {
    const nextAt = Math.min(await nextDue(network), happenings.nextAt, clock.now() + 6 * hour);
    await clock.moveTo(Math.min(to, Math.max(nextAt, clock.now() + leastStepMs)));
    await happenings.catchUp();
    await checkAndTell(network);
    await watch.look(clock.now());
    if (clock.now() >= collectAt) {
      await watch.collect();
      collectAt += day;
    }
    if (clock.now() < to) continue;
    await watch.collect();
    return steps;
  }
}

async function nextDue(network: Network): Promise<number> {
  const [row] = await network.sql('select min(next_check_at) as at from facebook_page_integrations');
  return row.at?.getTime() ?? Number.POSITIVE_INFINITY;
}

/** As the worker's schedules would each minute; once more for what waited until one had gone first. */
async function checkAndTell(network: Network): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    // The pace is one of real seconds, of which an hour here has hardly any.
    const { database, queue } = network.services;
    const atOnce = {
      ...queue,
      enqueueMany: ((job, payloads) => queue.enqueueMany(job, payloads)) as Queue['enqueueMany'],
    };
    const { due } = await sweepLogins({ database, queue: atOnce }, appId);
    if (due === 0) break;
    await untilIdle(network);
  }
  const { found } = await sweep(network.services, 'unsent_notifications', sendNotificationsJob, 1_000);
  if (found > 0) await untilIdle(network);
}

async function untilIdle(network: Network): Promise<void> {
  for (const deadline = Date.now() + 5 * minute; ; await sleep(10)) {
    const { waiting, active } = await network.services.queue.counts();
    if (waiting + active === 0) return;
    if (Date.now() > deadline) throw new Error(`${waiting} jobs wait, ${active} run`);
  }
}

function report(
  life: Life,
  town: Town,
  happenings: Happenings,
  { seen }: Watch,
  judgement: Judgement,
  run: { steps: number; seconds: number },
): void {
  const counted = [...happenings.counts].map(([what, count]) => `${what} ${count}`).join(', ');
  const refusals = new Map<string, number>();
  for (const refusal of town.refusals) refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
  const lines = [
    `${life.days} virtual days of ${town.pages.size} pages, ${life.people} people, ${town.tenants.length} organizations`,
    `took ${run.seconds.toFixed(0)} s in ${run.steps} steps, ${seen.calls} Graph calls, ${seen.throttled.length} of them throttled`,
    `what happened: ${counted}`,
    ...judgement.complaints.slice(0, 20).map(complaint => `complaint: ${complaint}`),
    `${judgement.deaths} deaths and ${judgement.recoveries} recoveries, the slowest noticed after ${judgement.slowestHours.toFixed(1)} h; ${judgement.notices} notices of a page to a person`,
    `tried again by customers: ${[...refusals].map(([why, count]) => `${count} × ${why}`).join('; ') || 'never'}`,
    ...judgement.complaints.slice(0, 40),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
