import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario, Stage } from '../scenario.ts';
import type { System } from '../system.ts';
import { startTraffic } from '../traffic.ts';

interface Size {
  flushes: number;
  restarts: number;
  downMs: number;
  perSecond: number;
  pages: number;
}

const full: Size = { flushes: 20, restarts: 5, downMs: 60_000, perSecond: 30, pages: 60 };
const quick: Size = { flushes: 4, restarts: 1, downMs: 8_000, perSecond: 15, pages: 15 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

export const redis: Scenario = {
  about: 'FLUSHALL, restarts without persistence, and a long absence of Redis',
  pages: isQuick => sizeOf(isQuick).pages,
  async run(stage) {
    const { system, random, quick: isQuick } = stage;
    const size = sizeOf(isQuick);
    await Promise.all([system.startApi(), system.startWorker()]);
    const traffic = await startTraffic(system, random, size.perSecond);
    for (let count = 0; count < size.flushes; count += 1) {
      await sleep(random.between(300, 2_000));
      await system.redis!.flush();
    }
    await flushNudges(system);
    await flushBeforeNudge(system);
    for (let count = 0; count < size.restarts; count += 1) {
      await sleep(random.between(1_000, 3_000));
      await system.redis!.restart(random.between(0, 2_000));
    }
    const during = await beAway(stage, size.downMs);
    await sleep(3_000);
    await traffic.stop();
    const broken: string[] = [];
    if (during.accepted === 0) broken.push('While Redis was away no delivery was answered with 200.');
    if (during.refused > 0) broken.push(`While Redis was away ${during.refused} deliveries were refused.`);
    return {
      kills: 0,
      details: {
        flushes: size.flushes + 2,
        restarts: size.restarts + 1,
        'seconds away': size.downMs / 1_000,
        'answered 200 while away': during.accepted,
        'not answered 200 while away': during.refused,
      },
      broken,
    };
  },
};

/** Between the commit and the work: the nudge is there and nobody has taken it, when all is flushed. */
async function flushNudges({ simulator, redis: server, crew, pageIds }: System): Promise<void> {
  const workers = crew.living('worker');
  for (const { pid } of workers) process.kill(pid, 'SIGSTOP');
  await simulator.post(`/__sim/pages/${pageIds[0]}/comments/bulk`, { count: 20, batch_size: 1 });
  await server!.flush();
  for (const { pid } of workers) process.kill(pid, 'SIGCONT');
}

/** Between the commit and the nudge: the api stands still there while all is flushed. */
async function flushBeforeNudge({ startApi, redis: server, crew, simulator, pageIds }: System): Promise<void> {
  await Promise.all(crew.living('api').map(api => api.stop()));
  const api = await startApi({ FAIL_AT: 'nudge.before_enqueue', FAIL_BY: 'SIGSTOP' });
  const told = simulator.post(`/__sim/pages/${pageIds[0]}/comments`, { text: 'Hello?' });
  await api.reachedFailpoint;
  await server!.flush();
  process.kill(api.pid, 'SIGCONT');
  await told;
}

/** Redis is gone for a while; counts what deliveries were answered meanwhile. */
async function beAway({ system, say }: Stage, downMs: number): Promise<{ accepted: number; refused: number }> {
  say(`Redis is away for ${downMs / 1_000} s …`);
  const { last_sequence } = (await system.simulator.get('/__sim')).counts;
  const back = system.redis!.restart(downMs);
  // Deliveries that begin within this time, and end within it too.
  await sleep(downMs - 1_000);
  const path = `/__sim/ledger?type=delivery&after=${last_sequence}&limit=10000`;
  const { data } = (await system.simulator.get(path)) as { data: { status: number | null }[] };
  await back;
  const accepted = data.filter(({ status }) => status === 200).length;
  return { accepted, refused: data.length - accepted };
}
