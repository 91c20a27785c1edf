import { setTimeout as sleep } from 'node:timers/promises';
import type { NetworkFault } from '../fault-proxy.ts';
import type { Scenario, Stage } from '../scenario.ts';
import type { Distant, System } from '../system.ts';
import { startTraffic } from '../traffic.ts';

interface Size {
  /** How often each fault comes, before each server. */
  rounds: number;
  faultMs: number;
  /** In a full run longer than anything of ours waits for an answer: it gives up by itself (12 s). */
  silenceMs: number;
  perSecond: number;
  pages: number;
}

const full: Size = { rounds: 1, faultMs: 5_000, silenceMs: 13_000, perSecond: 20, pages: 90 };
const quick: Size = { rounds: 1, faultMs: 1_200, silenceMs: 2_000, perSecond: 10, pages: 30 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

const faults: readonly NetworkFault[] = [
  { type: 'latency', ms: 400 },
  { type: 'half_open' },
  { type: 'reset', afterBytes: 0 },
  { type: 'reset', afterBytes: 100 },
  { type: 'blackhole' },
  { type: 'drop' },
];
const calmMs = 1_000;
/** After a fault that ended many calls ours rest for a while: the next one goes on until it meets somebody. */
const meetsWithinMs = 60_000;

export const network: Scenario = {
  about: 'slow, silent and broken connections to Graph, Postgres and Redis',
  pages: isQuick => sizeOf(isQuick).pages,
  // Facebook is given up soon, so that many calls end without an answer.
  needs: { proxies: true, env: { FACEBOOK_TIMEOUT_MS: '1500' } },
  // A message whose call ended without an answer is not sent again.
  leastAnswered: 0.9,
  async run(stage) {
    const { system, random, quick: isQuick } = stage;
    const size = sizeOf(isQuick);
    await Promise.all([system.startApi(), system.startWorker(), system.startWorker()]);
    const traffic = await startTraffic(system, random, size.perSecond);
    const counts = new Map<string, number>();
    for (let round = 0; round < size.rounds; round += 1) {
      const plans = [...system.proxies.keys()].flatMap(name => faults.map(fault => ({ name, fault })));
      for (const { name, fault } of random.shuffled(plans)) {
        const harmed = await disturb(stage, name, fault, size);
        const what = `connections to ${name} that met ${Object.values(fault).join(' ')}`;
        counts.set(what, (counts.get(what) ?? 0) + harmed);
        await sleep(calmMs);
      }
    }
    await traffic.stop();
    const found = await cutAnswers(system);
    const broken = [...counts].filter(([, count]) => count === 0).map(([what]) => `There were no ${what}.`);
    if (found === 0) broken.push('No answer of Graph was cut after the request had arrived.');
    return { kills: 0, details: { ...Object.fromEntries(counts), 'cut answers that were found': found }, broken };
  },
};

/** For a while; gives back how many connections it harmed. */
async function disturb({ system, say }: Stage, name: Distant, fault: NetworkFault, size: Size): Promise<number> {
  const isSilent = fault.type === 'half_open' || fault.type === 'blackhole';
  const ms = isSilent ? size.silenceMs : size.faultMs;
  say(`${name}: ${fault.type} for ${ms / 1_000} s`);
  const proxy = system.proxies.get(name)!;
  proxy.fail(fault);
  await sleep(ms);
  for (let more = 0; proxy.harmed() === 0 && more < meetsWithinMs; more += 500) await sleep(500);
  proxy.heal();
  return proxy.harmed();
}

/** Replies that were in doubt, since their call had no answer, and were seen at Facebook later. */
async function cutAnswers({ sql }: System): Promise<number> {
  const [row] = await sql<{ count: number }>(
    `select count(*)::int as count from replies where reason = 'Sent; it was found under the comment.'`,
  );
  return row!.count;
}
