import { setTimeout as sleep } from 'node:timers/promises';
import { answersSince, lastSequence } from '../answers.ts';
import { readsOf, statusOf } from '../requests.ts';
import { crossOnce, deadlocks, holdLock, slowDown } from '../rival-sessions.ts';
import type { Scenario, Stage } from '../scenario.ts';
import type { System } from '../system.ts';
import { startTraffic } from '../traffic.ts';

interface Size {
  rounds: number;
  /** Crossings of locks with ours, each in the other order than ours. */
  crossings: number;
  perSecond: number;
  pages: number;
}

const full: Size = { rounds: 2, crossings: 30, perSecond: 25, pages: 60 };
const quick: Size = { rounds: 1, crossings: 8, perSecond: 15, pages: 15 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

/** Clients that ask at the same time while the role has nearly no connections. */
const clients = 200;
const scarce = 3;
/** A pool gives up after 5 s; the rest is for a busy machine. */
const soonMs = 15_000;
/** Longer than the role's `lock_timeout` (3 s), and than its `statement_timeout` (10 s). */
const lockMs = 5_000;
const slowSeconds = 12;

export const contention: Scenario = {
  about: 'no connections to be had from Postgres, tables locked, statements slow, and deadlocks',
  pages: isQuick => sizeOf(isQuick).pages,
  async run(stage) {
    const { system, random, quick: isQuick } = stage;
    const size = sizeOf(isQuick);
    // As long as Facebook waits: what takes long is answered all the same.
    await system.simulator.patch('/__sim/app', { delivery_timeout_ms: 20_000 });
    await Promise.all([system.startApi(), system.startWorker(), system.startWorker()]);
    const traffic = await startTraffic(system, random, size.perSecond);
    const counts: Record<string, number> = {};
    const broken: string[] = [];
    for (let round = 0; round < size.rounds; round += 1) {
      await exhaust(stage, counts, broken);
      await lockTables(stage, counts, broken);
      await beSlow(stage, counts, broken);
    }
    await cross(stage, size.crossings, counts, broken);
    await traffic.stop();
    return { kills: 0, details: counts, broken };
  },
};

/** Two hundred clients and three connections: everybody is answered soon, and whoever looks after the process too. */
async function exhaust({ system, say }: Stage, counts: Record<string, number>, broken: string[]): Promise<void> {
  say(`${clients} clients and ${scarce} connections …`);
  await system.sql(`alter role pagekeeper_app connection limit ${scarce}`);
  // Waits for the end of each, so that none of them is counted below.
  await system.sql(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'pagekeeper_app'`);
  const reads = system.tenants.flatMap(readsOf);
  const timed = async (path: string, headers?: Record<string, string>) => {
    const startedAt = performance.now();
    const status = await statusOf(system.apiPort, path, headers);
    return { path, status, ms: performance.now() - startedAt };
  };
  const asking = Array.from({ length: clients }, (_, index) => {
    const { path, headers } = reads[index % reads.length]!;
    return timed(path, headers);
  });
  const most = mostConnections(system, Promise.all(asking));
  const health = await Promise.all([timed('/healthz'), timed('/readyz')]);
  const answers = await Promise.all(asking);
  const reached = await most;
  await system.sql('alter role pagekeeper_app connection limit -1');
  if (reached !== scarce) broken.push(`Of ${scarce} connections ${reached} were in use: the limit was not met.`);
  for (const { status } of answers) add(counts, `read ${status} without connections`);
  const odd = answers.filter(({ status }) => status !== 200 && status !== 503);
  if (odd.length > 0) broken.push(`Without connections requests were answered ${odd[0]!.status}.`);
  const late = answers.filter(({ ms }) => ms > soonMs).length;
  if (late > 0) broken.push(`Without connections ${late} of ${clients} requests were answered late.`);
  const [alive, ready] = health;
  if (alive!.status !== 200) broken.push(`Without connections /healthz said ${alive!.status}.`);
  if (![200, 503].includes(ready!.status as number)) broken.push(`Without connections /readyz said ${ready!.status}.`);
  await system.ready();
}

/** How many connections the role had at most, until this is over. */
async function mostConnections({ sql }: System, work: Promise<unknown>): Promise<number> {
  let isOver = false;
  void work.then(() => {
    isOver = true;
  });
  let most = 0;
  while (!isOver) {
    const [row] = await sql<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity
       where usename = 'pagekeeper_app' and backend_type = 'client backend'`,
    );
    most = Math.max(most, row!.count);
    await sleep(20);
  }
  return most;
}

/** What waits for the lock is refused before its caller gives up. */
async function lockTables({ system, say }: Stage, counts: Record<string, number>, broken: string[]): Promise<void> {
  for (const table of ['webhook_events', 'facebook_page_integrations']) {
    say(`${table} is locked for ${lockMs / 1_000} s …`);
    const since = await lastSequence(system);
    const waiting = await holdLock(system, table, lockMs);
    if (waiting === 0) broken.push(`Nobody waited for ${table} while it was locked.`);
    const answers = await answersSince(system, since);
    for (const [answer, count] of answers) add(counts, `delivery ${answer} with ${table} locked`, count);
    if (table === 'webhook_events' && !answers.has('503')) broken.push('A locked table was never answered with 503.');
  }
}

/** Each insert takes longer than a statement may. */
async function beSlow({ system, say }: Stage, counts: Record<string, number>, broken: string[]): Promise<void> {
  say(`inserts take ${slowSeconds} s …`);
  const since = await lastSequence(system);
  await slowDown(system, slowSeconds, (slowSeconds + 2) * 1_000);
  const answers = await answersSince(system, since);
  for (const [answer, count] of answers) add(counts, `delivery ${answer} while slow`, count);
  if (!answers.has('503')) broken.push('A statement that took too long was never answered with 503.');
  await system.ready();
}

/** What came of a call is written to the reply and then to its event; another session takes them the other way round. */
async function cross(
  { system, say }: Stage,
  crossings: number,
  counts: Record<string, number>,
  broken: string[],
): Promise<void> {
  say(`${crossings} crossings of locks …`);
  const before = await deadlocks(system);
  // So that there are replies under way to be found.
  await system.simulator.post('/__sim/faults', { fault: { type: 'latency', ms: 300 } });
  for (let count = 0; count < crossings; count += 1) await crossOnce(system);
  await system.simulator.delete('/__sim/faults');
  // Statistics come late.
  await sleep(1_500);
  counts.deadlocks = (await deadlocks(system)) - before;
  if (counts.deadlocks === 0) broken.push('No deadlock came about.');
}

function add(counts: Record<string, number>, key: string, count = 1): void {
  counts[key] = (counts[key] ?? 0) + count;
}
