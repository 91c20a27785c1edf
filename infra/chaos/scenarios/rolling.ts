import { setTimeout as sleep } from 'node:timers/promises';
import { type Balancer, startBalancer } from '@pagekeeper/testing/network/balancer';
import { freePort } from '@pagekeeper/testing/system/ports';
import { answersSince, lastSequence } from '../answers.ts';
import type { Member } from '../crew.ts';
import { contract, expand } from '../live-migration.ts';
import { startReaders } from '../requests.ts';
import type { Scenario, Stage } from '../scenario.ts';
import type { System } from '../system.ts';
import { startTraffic } from '../traffic.ts';

interface Size {
  /** In each every api and every worker is replaced once. */
  rounds: number;
  /** Migrations there and back. */
  migrations: number;
  perSecond: number;
  pages: number;
}

const full: Size = { rounds: 4, migrations: 5, perSecond: 25, pages: 60 };
const quick: Size = { rounds: 1, migrations: 1, perSecond: 15, pages: 15 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

/** It serves for so long after SIGTERM while `/readyz` says 503: the balancer looks ten times a second. */
const stopDelay = { STOP_DELAY_MS: '4000' };
const readEveryMs = 50;

export const rolling: Scenario = {
  about: 'rolling restarts and migrations while everybody goes on',
  pages: isQuick => sizeOf(isQuick).pages,
  async run(stage) {
    const { system, random, quick: isQuick, say } = stage;
    const size = sizeOf(isQuick);
    const ports = [system.apiPort, await freePort()];
    const balancer = await startBalancer(await freePort(), ports);
    const apis = new Map<number, Member>();
    for (const port of ports) apis.set(port, await startApi(system, port));
    const workers = await Promise.all([system.startWorker(), system.startWorker()]);
    await seen(balancer, ports);
    await system.simulator.patch('/__sim/app', {
      callback_url: `http://127.0.0.1:${balancer.port}/webhooks/facebook`,
    });
    const since = await lastSequence(system);
    const startedAt = performance.now();
    const traffic = await startTraffic(system, random, size.perSecond);
    const readers = startReaders(balancer.port, system.tenants, readEveryMs);
    for (let round = 1; round <= size.rounds; round += 1) {
      say(`round ${round} of ${size.rounds}: each in its turn`);
      await restartAll(system, balancer, apis, workers);
    }
    for (let round = 1; round <= size.migrations; round += 1) {
      say(`migration ${round} of ${size.migrations}: there and back`);
      await expand(system);
      await sleep(2_000);
      await contract(system);
      await sleep(1_000);
    }
    await traffic.stop();
    const reads = await readers.stop();
    const deliveries = await answersSince(system, since);
    // One a second of each is far less than come on a busy machine too.
    const least = Math.round((performance.now() - startedAt) / 1_000);
    const broken = [...failuresIn('deliveries', deliveries, least), ...failuresIn('reads', reads, least)];
    // Straight to one of them, for what comes after.
    await system.simulator.patch('/__sim/app', {
      callback_url: `http://127.0.0.1:${system.apiPort}/webhooks/facebook`,
    });
    await balancer.stop();
    const restarts = size.rounds * (ports.length + workers.length);
    const counts = [...reads].map(([answer, count]) => [`reads answered ${answer}`, count]);
    return { kills: 0, details: { restarts, migrations: 2 * size.migrations, ...Object.fromEntries(counts) }, broken };
  },
};

const startApi = (system: System, port: number) => system.startApi({ ...stopDelay, PORT: String(port) });

/** By SIGTERM, one after the other, the next one only when this one is there again. */
async function restartAll(
  system: Stage['system'],
  balancer: Balancer,
  apis: Map<number, Member>,
  workers: Member[],
): Promise<void> {
  for (const [port, api] of apis) {
    await stopped(api);
    apis.set(port, await startApi(system, port));
    await seen(balancer, [...apis.keys()]);
  }
  for (const [index, worker] of workers.entries()) {
    await stopped(worker);
    workers[index] = await system.startWorker();
  }
}

/** By itself, and in time: nothing has to be killed. */
async function stopped(member: Member): Promise<void> {
  await member.stop();
  const { code, signal } = await member.exited;
  if (code !== 0) throw new Error(`${member.name} did not stop by itself (${signal ?? code}).`);
}

async function seen(balancer: Balancer, ports: readonly number[]): Promise<void> {
  while (!ports.every(port => balancer.ready().includes(port))) await sleep(50);
}

/** @param least how many there must be, or it shows nothing that none of them failed */
function failuresIn(what: string, answers: ReadonlyMap<string, number>, least: number): string[] {
  const failures = [...answers].filter(([answer]) => answer !== '200');
  const broken = failures.map(([answer, count]) => `${count} ${what} were answered ${answer}.`);
  const all = [...answers.values()].reduce((sum, count) => sum + count, 0);
  if (all < least) broken.push(`There were ${all} ${what} only, less than ${least}.`);
  return broken;
}
