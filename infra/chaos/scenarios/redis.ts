import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningRedis } from '@pagekeeper/testing/redis';
import { answersSince, lastSequence } from '../answers.ts';
import { statusOf } from '../requests.ts';
import type { Scenario, Stage } from '../scenario.ts';
import type { System } from '../system.ts';
import { startTraffic } from '../traffic.ts';

interface Size {
  flushes: number;
  /** How often each of `disturbances` comes. */
  disturbances: number;
  restarts: number;
  downMs: number;
  perSecond: number;
  pages: number;
}

const full: Size = { flushes: 20, disturbances: 3, restarts: 5, downMs: 40_000, perSecond: 30, pages: 60 };
const quick: Size = { flushes: 4, disturbances: 1, restarts: 1, downMs: 6_000, perSecond: 15, pages: 15 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

export const redis: Scenario = {
  about: 'FLUSHALL, no memory, no answers, killed clients, restarts without persistence, and a long absence of Redis',
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
    const counts = new Map<string, number>();
    for (let count = 0; count < size.disturbances; count += 1) {
      for (const [name, disturb] of random.shuffled(Object.entries(disturbances))) {
        stage.say(name);
        const since = await lastSequence(system);
        await disturb(system.redis!);
        tally(counts, name, await answersSince(system, since));
      }
    }
    const away = `away for ${size.downMs / 1_000} s`;
    tally(counts, away, await beAway(stage, size.downMs));
    await sleep(3_000);
    await traffic.stop();
    const details = { flushes: size.flushes + 2, restarts: size.restarts + 1, ...Object.fromEntries(counts) };
    return { kills: 0, details, broken: faultsOf(counts) };
  },
};

/** Deliveries that were answered with 200, and the others, while it was as it says. */
function tally(counts: Map<string, number>, name: string, answers: ReadonlyMap<string, number>): void {
  for (const [answer, count] of answers) {
    const key = `${name}: ${answer === '200' ? '' : 'not '}answered 200`;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
}

/** Whatever Redis does, deliveries are stored, and answered with 200. */
function faultsOf(counts: ReadonlyMap<string, number>): string[] {
  const names = new Set([...counts.keys()].map(key => key.split(':', 1)[0]!));
  return [...names].flatMap(name => {
    const refused = counts.get(`${name}: not answered 200`) ?? 0;
    if (refused > 0) return [`${name}: ${refused} deliveries were refused.`];
    return counts.has(`${name}: answered 200`) ? [] : [`${name}: no delivery was answered with 200.`];
  });
}

const disturbanceMs = 4_000;

/** What befalls a Redis that goes on living. */
const disturbances: Record<string, (server: RunningRedis) => Promise<void>> = {
  'no memory': async server => {
    await server.ask('CONFIG', 'SET', 'maxmemory', '1mb');
    await sleep(disturbanceMs);
    await server.ask('CONFIG', 'SET', 'maxmemory', '0');
  },
  'writes paused': async server => {
    await server.ask('CLIENT', 'PAUSE', String(disturbanceMs), 'WRITE');
    await sleep(disturbanceMs);
  },
  paused: async server => {
    await server.ask('CLIENT', 'PAUSE', String(disturbanceMs), 'ALL');
    await sleep(disturbanceMs);
  },
  // As DEBUG SLEEP would, which a Redis of today refuses: it takes connections, and says nothing.
  'stands still': async server => {
    process.kill(server.pid(), 'SIGSTOP');
    await sleep(disturbanceMs);
    process.kill(server.pid(), 'SIGCONT');
  },
  'clients killed': async server => {
    for (let waited = 0; waited < disturbanceMs; waited += 250) {
      await server.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await sleep(250);
    }
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

/** Redis is gone for a while; gives back how deliveries were answered meanwhile. */
async function beAway({ system, say }: Stage, downMs: number): Promise<Map<string, number>> {
  say(`away for ${downMs / 1_000} s …`);
  const since = await lastSequence(system);
  const back = system.redis!.restart(downMs);
  await sleep(1_000);
  const readiness = Promise.all(['/readyz', '/readyz?exclude=queue'].map(path => statusOf(system.apiPort, path)));
  // Deliveries that begin within this time, and end within it too.
  await sleep(downMs - 2_000);
  const answers = await answersSince(system, since);
  await back;
  const said = (await readiness).join(' and ');
  if (said !== '503 and 200')
    throw new Error(`While Redis was away readiness, whole and without the queue, was ${said}.`);
  return answers;
}
