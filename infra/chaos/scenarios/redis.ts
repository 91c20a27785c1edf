import { setTimeout as sleep } from 'node:timers/promises';
import { defaultPrefix, queueName } from '@pagekeeper/queue/broker';
import { goOn } from '@pagekeeper/testing/processes';
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
    const flushed = await flushNudges(system);
    await flushBeforeNudge(system);
    for (let count = 0; count < size.restarts; count += 1) {
      await sleep(random.between(1_000, 3_000));
      await system.redis!.restart(random.between(0, 2_000));
    }
    const counts = new Map<string, number>();
    const broken = flushed > 0 ? [] : ['No nudge waited in Redis when it was flushed.'];
    for (let count = 0; count < size.disturbances; count += 1) {
      for (const [name, disturb] of random.shuffled(Object.entries(disturbances))) {
        stage.say(name);
        const since = await lastSequence(system);
        if (!(await disturb(system.redis!))) broken.push(`${name}: Redis did not suffer it.`);
        tally(counts, name, await answersSince(system, since));
      }
    }
    const away = `away for ${size.downMs / 1_000} s`;
    tally(counts, away, await beAway(stage, size.downMs));
    await sleep(3_000);
    await traffic.stop();
    const details = { flushes: size.flushes + 2, 'jobs flushed': flushed, restarts: size.restarts + 1 };
    for (const name of [...Object.keys(disturbances), away]) broken.push(...faultsOf(counts, name));
    return { kills: 0, details: { ...details, ...Object.fromEntries(counts) }, broken };
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
function faultsOf(counts: ReadonlyMap<string, number>, name: string): string[] {
  const refused = counts.get(`${name}: not answered 200`) ?? 0;
  if (refused > 0) return [`${name}: ${refused} deliveries were refused.`];
  return counts.has(`${name}: answered 200`) ? [] : [`${name}: no delivery was answered with 200.`];
}

const disturbanceMs = 4_000;

/** What befalls a Redis that goes on living. True when it did. */
const disturbances: Record<string, (server: RunningRedis) => Promise<boolean>> = {
  'no memory': async server => {
    await server.ask('CONFIG', 'SET', 'maxmemory', '1');
    const suffers = await takesNoWrites(server);
    await server.ask('CONFIG', 'SET', 'maxmemory', '0');
    return suffers;
  },
  'writes paused': async server => {
    await server.ask('CLIENT', 'PAUSE', String(disturbanceMs), 'WRITE');
    return await takesNoWrites(server);
  },
  paused: async server => {
    await server.ask('CLIENT', 'PAUSE', String(disturbanceMs), 'ALL');
    return await takesNoWrites(server);
  },
  // As DEBUG SLEEP would, which a Redis of today refuses: it takes connections, and says nothing.
  'stands still': async server => {
    process.kill(server.pid(), 'SIGSTOP');
    const suffers = await takesNoWrites(server);
    process.kill(server.pid(), 'SIGCONT');
    return suffers;
  },
  'clients killed': async server => {
    let killed = 0;
    for (let waited = 0; waited < disturbanceMs; waited += 250) {
      killed += numberIn(await server.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
      await sleep(250);
    }
    return killed > 0;
  },
};

/** So long as a disturbance lasts. True when a write was refused in the beginning, or not answered within a second. */
async function takesNoWrites(server: RunningRedis): Promise<boolean> {
  const written = server.ask('SET', 'chaos', 'written').then(
    () => true,
    () => false,
  );
  const lasting = sleep(disturbanceMs);
  const isWritten = await Promise.race([written, sleep(1_000, false)]);
  await lasting;
  return !isWritten;
}

/** Redis says `:3`. */
const numberIn = (answer: string): number => Number(answer.slice(1));

/** Between the commit and the work: nudges are there and nobody has taken them, when all is flushed. @returns how many */
async function flushNudges({ simulator, redis: server, crew, pageIds }: System): Promise<number> {
  const workers = crew.living('worker');
  for (const { pid } of workers) process.kill(pid, 'SIGSTOP');
  await simulator.post(`/__sim/pages/${pageIds[0]}/comments/bulk`, { count: 20, batch_size: 1 });
  const waiting = await waitingJobs(server!);
  await server!.flush();
  for (const { pid } of workers) process.kill(pid, 'SIGCONT');
  return waiting;
}

/** A nudge follows its delivery's answer after a moment. */
async function waitingJobs(server: RunningRedis): Promise<number> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const count = numberIn(await server.ask('LLEN', `${defaultPrefix}:${queueName}:wait`));
    if (count > 0 || Date.now() > deadline) return count;
    await sleep(20);
  }
}

/** Between the commit and the nudge: the api stands still there while all is flushed. */
async function flushBeforeNudge({ startApi, redis: server, crew, simulator, pageIds }: System): Promise<void> {
  await Promise.all(crew.living('api').map(api => api.stop()));
  const api = await startApi({ FAIL_AT: 'nudge.before_enqueue', FAIL_BY: 'SIGSTOP' });
  const told = simulator.post(`/__sim/pages/${pageIds[0]}/comments`, { text: 'Hello?' });
  await api.reachedFailpoint;
  await server!.flush();
  await goOn(api);
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
