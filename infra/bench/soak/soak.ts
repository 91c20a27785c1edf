import { SimulatorControl } from '@pagekeeper/testing/network/simulator-control';
import type { Timing } from '../alternate.ts';
import { arrive, type Outcome } from '../load/arrivals.ts';
import { percentile } from '../median.ts';
import { type Result, thousands } from '../report.ts';
import { ResidentMemory } from '../resident.ts';
import type { System } from '../system.ts';
import type { Tenant } from '../tenants.ts';
import { emptyTable } from '../webhook-ingest.ts';
import { Customers } from './customers.ts';
import { changesPerPost, Deliveries } from './deliveries.ts';
import { Questions } from './questions.ts';
import { Watchers } from './watchers.ts';

const requestsPerSecond = 50;
/** Comments and messages, half and half. */
const questionsPerSecond = 20;
/** Each answer comes back: a comment's as a comment, a message's as an echo and two receipts. */
const eventsPerQuestion = 1 + (1 + 3) / 2;
const eventsPerSecond = 500;
const quietPerSecond = eventsPerSecond - questionsPerSecond * eventsPerQuestion;

/** What 99 of 100 may take at most, in ms. */
const may = { deliveries: 100, requests: 250, lag: 1_000 };

/**
 * An ordinary day in half an hour: events for many pages, of which some are questions that are answered, while customers
 * look and change things. Nothing fails, nothing is lost, nothing grows.
 */
export async function benchSoak(
  system: System,
  tenants: readonly Tenant[],
  { quiet }: Timing,
  isQuick: boolean,
): Promise<Result[]> {
  const seconds = isQuick ? 60 : 1_800;
  const { admin } = system;
  await admin.query(`update integrations set config = config || '{"auto_reply":true}', version = version + 1`);
  await admin.query('truncate replies, webhook_events');
  const simulator = new SimulatorControl(system.simulatorUrl);
  await simulator.patch('/__sim/app', { callback_url: `http://127.0.0.1:${system.apiPort}/webhooks/facebook` });
  const pageIds = tenants.flatMap(({ pages }) => pages.map(({ pageId }) => pageId));
  const deliveries = new Deliveries(pageIds, system.appSecret);
  const questions = new Questions(simulator, pageIds);
  const customers = await Customers.of(system, tenants);
  const watchers = new Watchers(system, tenants);
  const worker = await system.startWorker();
  const memory = new ResidentMemory({ api: system.apiPid, worker: worker.pid });
  await quiet.wait();
  const sampling = setInterval(() => memory.sample(), 1_000);
  try {
    await watchers.open();
    // The first tenth fills caches and pools.
    const schedule = { port: system.apiPort, seconds, keepFromSecond: seconds / 10 };
    const [posts, requests] = await Promise.all([
      arrive({ ...schedule, perSecond: quietPerSecond / changesPerPost, next: deliveries.next }),
      arrive({ ...schedule, perSecond: requestsPerSecond, next: customers.next }),
      questions.run(questionsPerSecond, seconds),
    ]);
    clearInterval(sampling);
    await watchers.close();
    await questions.settle(() => isWorkedOff(system));
    const events = await readEvents(system, seconds / 10);
    return describe({
      seconds,
      pages: pageIds.length,
      deliveries,
      posts,
      requests,
      questions,
      watchers,
      memory,
      events,
    });
  } finally {
    clearInterval(sampling);
    await worker.stop();
    await emptyTable(admin);
  }
}

async function isWorkedOff({ admin }: System): Promise<boolean> {
  const { rows } = await admin.query(`select 1 from webhook_events where state in ('pending', 'parked') limit 1`);
  return rows.length === 0;
}

interface Events {
  /** How many there are in each state. */
  states: ReadonlyMap<string, number>;
  lagP50Ms: number;
  lagP99Ms: number;
  /** Replies in each state. */
  replies: ReadonlyMap<string, number>;
}

/** By the database's clock: from the statement that stored an event to the beginning of the transaction that closed it. */
async function readEvents({ admin }: System, fromSecond: number): Promise<Events> {
  const count = async (table: string) => {
    const { rows } = await admin.query(`select state, count(*)::int as count from ${table} group by 1 order by 2 desc`);
    return new Map(rows.map(({ state, count }) => [state as string, count as number]));
  };
  const { rows } = await admin.query(
    `select percentile_disc(array[0.5, 0.99]) within group (order by 1000 * extract(epoch from processed_at - received_at))::float8[]
       as lag from webhook_events
     where received_at > (select min(received_at) from webhook_events) + make_interval(secs => $1)`,
    [fromSecond],
  );
  const [lagP50Ms, lagP99Ms] = rows[0].lag as [number, number];
  return { states: await count('webhook_events'), lagP50Ms, lagP99Ms, replies: await count('replies') };
}

interface Taken {
  seconds: number;
  pages: number;
  deliveries: Deliveries;
  posts: Outcome;
  requests: Outcome;
  questions: Questions;
  watchers: Watchers;
  memory: ResidentMemory;
  events: Events;
}

function describe(taken: Taken): Result[] {
  const { posts, requests, memory, events } = taken;
  return [
    describeKept(taken),
    memory.describe('soak-memory'),
    describeP99('soak-deliveries', may.deliveries, latenciesOf(posts)),
    describeRequests(requests),
    describeMs('soak-lag', may.lag, events.lagP99Ms, [
      `from stored to closed, answers included: p50 ${ms(events.lagP50Ms)}, p99 ${ms(events.lagP99Ms)}`,
    ]),
  ];
}

/** Everything that was promised, counted, against what was kept of it. One that is broken among millions is seen. */
function describeKept({ seconds, pages, deliveries, posts, requests, questions, watchers, events }: Taken): Result {
  const acknowledged = deliveries.acknowledged + questions.acknowledged;
  const closed = (events.states.get('processed') ?? 0) + (events.states.get('ignored') ?? 0);
  const { asked, answeredOnce, answeredAgain } = questions.counts;
  const bySimulator = questions.deliveries;
  const failures = new Map([...posts.failures, ...requests.failures, ...bySimulator.failures, ...watchers.failures]);
  const failed = [...failures.values()].reduce((sum, times) => sum + times, 0);
  // More rows than acknowledged changes would be as wrong as fewer.
  const broken = failed + Math.abs(acknowledged - closed) + Math.abs(asked - answeredOnce) + answeredAgain;
  const all = posts.sent + requests.sent + bySimulator.sent + acknowledged + asked;
  const per = (count: number) => thousands(count / seconds);
  return {
    measurement: {
      name: 'soak',
      value: all - broken,
      unit: 'kept',
      baseline: 'promises',
      baseline_value: all,
      ratio: Math.floor(((all - broken) / all) * 1_000) / 1_000,
      goal: 1,
    },
    notes: [
      `${seconds} s: ${per(acknowledged)} events a second for ${pages} pages in ${per(posts.sent + bySimulator.sent)} posts of 1 to 40, ${per(asked)} of them questions; beside them ${per(requests.sent)} requests a second of sessions and keys`,
      `answers that were none of 200 to 299, and streams that broke off or fell silent: ${failed === 0 ? 'none' : list(failures)}`,
      `${thousands(acknowledged)} changes were acknowledged; events: ${list(events.states)}`,
      `${thousands(asked)} questions, answered once: ${thousands(answeredOnce)}, more often: ${answeredAgain}; replies: ${list(events.replies)}`,
      `streams told of ${thousands(watchers.told)} events`,
    ],
  };
}

function describeRequests(requests: Outcome): Result {
  const slowest = Array.from(requests.latencies, ([endpoint, latencies]) => ({ endpoint, p99: p99Of(latencies) }))
    .sort((a, b) => b.p99 - a.p99)
    .slice(0, 5)
    .map(({ endpoint, p99 }) => `${endpoint} ${ms(p99)}`);
  const { measurement, notes } = describeP99('soak-requests', may.requests, latenciesOf(requests));
  return { measurement, notes: [...notes, `slowest by p99: ${slowest.join(', ')}`] };
}

function describeP99(name: string, mayMs: number, latencies: readonly number[]): Result {
  const sorted = Float64Array.from(latencies).sort();
  const [p50, p99] = [percentile(sorted, 0.5), percentile(sorted, 0.99)];
  const most = sorted.at(-1)!;
  const note = `p50 ${ms(p50)}, p99 ${ms(p99)}, at most ${ms(most)}, of ${thousands(sorted.length)}, from the moment each was due`;
  return describeMs(name, mayMs, p99, [note]);
}

function describeMs(name: string, mayMs: number, p99: number, notes: readonly string[]): Result {
  return {
    measurement: {
      name,
      value: Math.round(p99),
      unit: 'ms p99',
      baseline: 'what it may take',
      baseline_value: mayMs,
      // The shorter the better.
      ratio: Math.round((mayMs / p99) * 1_000) / 1_000,
      goal: 1,
    },
    notes,
  };
}

const latenciesOf = ({ latencies }: Outcome): number[] => [...latencies.values()].flat();
const p99Of = (latencies: readonly number[]): number => percentile(Float64Array.from(latencies).sort(), 0.99);
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const list = (counts: ReadonlyMap<string, number>): string =>
  Array.from(counts, ([name, count]) => `${name} ${thousands(count)}`).join(', ');
