import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario, Stage } from '../scenario.ts';
import { startTraffic } from '../traffic.ts';

interface Size {
  /** Clean shutdowns and crashes, by turns. */
  restarts: number;
  downMs: number;
  perSecond: number;
  pages: number;
}

const full: Size = { restarts: 8, downMs: 8_000, perSecond: 30, pages: 90 };
const quick: Size = { restarts: 2, downMs: 3_000, perSecond: 15, pages: 30 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

export const postgres: Scenario = {
  about: 'restarts of Postgres, clean ones and crashes',
  pages: isQuick => sizeOf(isQuick).pages,
  async run(stage) {
    const { system, random, quick: isQuick } = stage;
    const size = sizeOf(isQuick);
    await Promise.all([system.startApi(), system.startWorker(), system.startWorker()]);
    const traffic = await startTraffic(system, random, size.perSecond);
    const meanwhile = new Map<string, number>();
    for (let count = 0; count < size.restarts; count += 1) {
      await sleep(random.between(2_000, 5_000));
      await restart(stage, count % 2 === 0 ? 'crash' : 'clean', size.downMs, meanwhile);
    }
    await sleep(2_000);
    await traffic.stop();
    const broken = meanwhile.has('503') ? [] : ['While Postgres was away no delivery was answered with 503.'];
    const odd = [...meanwhile.keys()].filter(status => status !== '503');
    if (odd.length > 0) broken.push(`While Postgres was away deliveries were answered with ${odd.join(' and ')}.`);
    const counts = [...meanwhile].map(([status, times]) => [`answered ${status} while away`, times]);
    return { kills: 0, details: { restarts: size.restarts, ...Object.fromEntries(counts) }, broken };
  },
};

/** Counts what deliveries were answered while it was surely gone. */
async function restart(
  { system, say }: Stage,
  how: 'clean' | 'crash',
  downMs: number,
  meanwhile: Map<string, number>,
): Promise<void> {
  say(`Postgres goes away (${how}) for ${downMs / 1_000} s …`);
  const { gone, back } = system.postgres.restart(how, downMs);
  await gone;
  const { last_sequence } = (await system.simulator.get('/__sim')).counts;
  const startedAt = Date.now();
  await sleep(downMs - 500);
  const path = `/__sim/ledger?type=delivery&after=${last_sequence}&limit=10000`;
  const { data } = (await system.simulator.get(path)) as { data: Delivery[] };
  for (const { status, failure, at, ms } of data) {
    // What began before it was gone may have been committed.
    if (Date.parse(at) - ms < startedAt) continue;
    const answer = String(status ?? failure);
    meanwhile.set(answer, (meanwhile.get(answer) ?? 0) + 1);
  }
  await back;
}

interface Delivery {
  status: number | null;
  failure: string | null;
  at: string;
  ms: number;
}
