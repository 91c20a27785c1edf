import { setTimeout as sleep } from 'node:timers/promises';
import type { Failpoint } from '@pagekeeper/runtime/failpoint';
import type { Member } from '../crew.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { startTraffic } from '../traffic.ts';

/** Where a worker stops, with something begun and not ended. */
const points: readonly Failpoint[] = [
  'drain.after_claim',
  'drain.after_close',
  'reply.before_intent',
  'reply.before_http',
  'reply.after_http',
  'reply.before_commit',
];
/** What the others left in doubt is looked for when their leases have run out, so this one is stopped later. */
const latePoint: Failpoint = 'reply.after_look';
const leaseMs = 15_000;

interface Size {
  rounds: number;
  /** Stopped from outside, wherever they are. */
  atRandom: number;
  late: boolean;
  perSecond: number;
  pages: number;
}

const full: Size = { rounds: 2, atRandom: 3, late: true, perSecond: 20, pages: 120 };
const quick: Size = { rounds: 1, atRandom: 1, late: false, perSecond: 10, pages: 45 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

/**
 * Longer than a job's lock (15 s, noticed within 7.5 s more), a drain's lease (15 s) and the wait for a reply in doubt
 * (5 s here) together: others have taken over, and answered, by the time it goes on.
 */
const frozenMs = 45_000;
/** So long it may take until something leads there; then it is stopped wherever it is. */
const reachMs = 30_000;

export const freeze: Scenario = {
  about: 'SIGSTOP of workers past their locks and leases, then SIGCONT',
  pages: isQuick => sizeOf(isQuick).pages,
  async run(stage) {
    const { system, random, quick: isQuick } = stage;
    const size = sizeOf(isQuick);
    await Promise.all([system.startApi(), system.startWorker()]);
    const traffic = await startTraffic(system, random, size.perSecond);
    const frozen = new Map<string, number>();
    for (let round = 1; round <= size.rounds; round += 1) {
      stage.say(`round ${round} of ${size.rounds}`);
      await freezeAll(stage, size, frozen);
    }
    await traffic.stop();
    const unfrozen = [...points, ...(size.late ? [latePoint] : [])].filter(point => (frozen.get(point) ?? 0) === 0);
    return {
      kills: 0,
      details: Object.fromEntries(frozen),
      broken: unfrozen.map(point => `No worker was stopped at ${point}.`),
    };
  },
};

/** One worker for each point and some more are stopped, go on after a while, and end. */
async function freezeAll({ system, random }: Stage, size: Size, frozen: Map<string, number>): Promise<void> {
  const stopAt = async (point: Failpoint): Promise<Member> => {
    const worker = await system.startWorker({ FAIL_AT: point, FAIL_BY: 'SIGSTOP' });
    const reached = await Promise.race([worker.reachedFailpoint, sleep(reachMs, null)]);
    if (!reached) process.kill(worker.pid, 'SIGSTOP');
    count(frozen, reached ?? 'somewhere');
    return worker;
  };
  const stopSomewhere = async (): Promise<Member> => {
    const worker = await system.startWorker();
    await sleep(random.between(500, 3_000));
    process.kill(worker.pid, 'SIGSTOP');
    count(frozen, 'somewhere');
    return worker;
  };
  const stops = [...points.map(stopAt), ...Array.from({ length: size.atRandom }, stopSomewhere)];
  const stopped = await Promise.all(stops);
  if (size.late) {
    // Alone with what is in doubt, for a moment: another worker would look first.
    const others = system.crew.living('worker').filter(worker => !stopped.includes(worker));
    await Promise.all(others.map(worker => worker.stop()));
    await sleep(leaseMs);
    stopped.push(await stopAt(latePoint));
    await system.startWorker();
  }
  await sleep(frozenMs);
  for (const { pid } of stopped) process.kill(pid, 'SIGCONT');
  // What was begun comes to its end, or is given up.
  await sleep(3_000);
  await Promise.all(stopped.map(worker => worker.stop()));
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
