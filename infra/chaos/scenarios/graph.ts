import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import { isPaused } from '../settle.ts';
import type { System } from '../system.ts';
import { startTraffic } from '../traffic.ts';

interface Size {
  rounds: number;
  faultMs: number;
  perSecond: number;
  pages: number;
}

const full: Size = { rounds: 2, faultMs: 3_000, perSecond: 25, pages: 90 };
const quick: Size = { rounds: 1, faultMs: 1_000, perSecond: 12, pages: 30 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

const timeoutMs = 1_500;
/** Later than we wait, and sooner than a reply in doubt is looked for (5 s here). */
const lateMs = 2_500;

/** What Facebook answers to some calls. `applied`: they took effect all the same. */
const faults: readonly { type: string; [detail: string]: unknown }[] = [
  { type: 'error', http: 500, code: 1 },
  { type: 'error', http: 500, code: 1, applied: true },
  { type: 'error', http: 503, code: 2 },
  { type: 'error', http: 400, code: 2 },
  { type: 'html', http: 502 },
  { type: 'html', http: 502, applied: true },
  { type: 'empty' },
  { type: 'latency', ms: lateMs },
  { type: 'latency', ms: lateMs, applied: true },
  { type: 'slow_body', ms: lateMs },
  { type: 'truncated' },
  { type: 'lost_response' },
  { type: 'reset' },
  { type: 'throttle', code: 4 },
  { type: 'throttle', code: 17 },
  { type: 'throttle', code: 32 },
  { type: 'throttle', code: 613 },
  { type: 'throttle', code: 80001 },
];
/** So long it may take until a call comes. */
const reachMs = 10_000;
/** As long as a rest of our own calls at the least. */
const restSeconds = 20;
/** Others go through: a fault of every call would show less. */
const probability = 0.5;
/** A throttle is told to last for five minutes, and each call made meanwhile prolongs it by one. */
const throttledSeconds = 1_200;

export const graph: Scenario = {
  about: 'errors, timeouts, lost and unreadable answers, and throttles of Facebook',
  pages: isQuick => sizeOf(isQuick).pages,
  needs: { env: { FACEBOOK_TIMEOUT_MS: String(timeoutMs) } },
  // A message whose call ended without a clear answer is not sent again.
  leastAnswered: 0.85,
  async run({ system, random, quick: isQuick, say }) {
    const size = sizeOf(isQuick);
    await Promise.all([system.startApi(), system.startWorker(), system.startWorker()]);
    const traffic = await startTraffic(system, random, size.perSecond);
    const hits = new Map<string, number>();
    for (let round = 1; round <= size.rounds; round += 1) {
      say(`round ${round} of ${size.rounds}`);
      for (const fault of random.shuffled(faults)) {
        const count = await suffer(system, fault, size.faultMs);
        const name = Object.values(fault).join(' ').replace('true', 'applied');
        hits.set(name, (hits.get(name) ?? 0) + count);
      }
    }
    await traffic.stop();
    const spared = [...hits].filter(([, count]) => count === 0).map(([name]) => `No call met ${name}.`);
    const counts = [...hits].map(([name, count]) => [`met ${name}`, count]);
    return { kills: 0, details: Object.fromEntries(counts), broken: spared };
  },
};

/** For a while, and until it has hit a call; gives back how many it hit. */
async function suffer(system: System, fault: { type: string }, ms: number): Promise<number> {
  const { simulator } = system;
  const { id } = await simulator.post('/__sim/faults', { fault, probability });
  await sleep(ms);
  const deadline = Date.now() + reachMs;
  let hits = 0;
  do {
    const { data } = (await simulator.get('/__sim/faults')) as { data: { id: string; hits: number }[] };
    hits = data.find(known => known.id === id)?.hits ?? 0;
    // A rest that an earlier fault left is none of this one's.
    if (hits === 0 && (await isPaused(system))) await system.moveClock(restSeconds);
  } while (hits === 0 && Date.now() < deadline && (await sleep(500, true)));
  await simulator.delete(`/__sim/faults?id=${id}`);
  if (fault.type === 'throttle') await system.moveClock(throttledSeconds);
  return hits;
}
