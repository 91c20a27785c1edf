import type { Timing } from './alternate.ts';
import { checkDurability } from './durability.ts';
import {
  type BenchmarkName,
  type BenchOptions,
  benchmarkNames,
  ofQueue,
  parseOptions,
  type QueueName,
  queueNames,
  readBenchEnvironment,
  usage,
} from './env.ts';
import { benchDueScan } from './keep-alive-due-scan.ts';
import { type LoadGenerator, startLoadGenerator } from './load/load.ts';
import { describeMachine } from './machine.ts';
import { benchMemory } from './memory.ts';
import { findPgbench, type Pgbench, pgbenchMissing } from './pgbench.ts';
import { benchPostToReply } from './post-to-reply.ts';
import { createQuiet } from './quiet.ts';
import { asJsonLines, asTable, type Result } from './report.ts';
import { benchSoak } from './soak/soak.ts';
import { type Servers, type System, startServers, startSystem, type Undo } from './system.ts';
import { benchPolicies, benchTenantList, benchTenantListVerb, pagesInList } from './tenant-list.ts';
import { benchTenantListScale } from './tenant-list-scale.ts';
import { createTenant, type Tenant } from './tenants.ts';
import { benchVault } from './vault.ts';
import { benchWebhookIngest, benchWebhookIngestBatched } from './webhook-ingest.ts';
import { benchWebhookProcess } from './webhook-process.ts';
import { benchWebhookTenants } from './webhook-tenants.ts';

const undo: Undo = [];
let ending: Promise<void> | undefined;

const full = { rounds: 5, seconds: 6, warmUpSeconds: 3, tenants: 4, quietBudgetMs: 60_000 };
const quick = { rounds: 1, seconds: 3, warmUpSeconds: 3, tenants: 2, quietBudgetMs: 1_000 };

/** For people, so that standard output holds the report alone. */
const say = (sentence: string) => process.stderr.write(`${Math.round(performance.now() / 1000)} s  ${sentence}\n`);

async function main(options: BenchOptions): Promise<number> {
  const needsServer = options.only.some(name => name !== 'vault');
  const pgbench = findPgbench();
  if (needsServer && !pgbench) say(pgbenchMissing);
  const { quietBudgetMs, ...plan } = options.quick ? quick : full;
  const quiet = createQuiet(quietBudgetMs);
  const timing = { ...plan, quiet };
  const results: Result[] = [];
  // First and alone: nothing else of ours runs yet.
  if (options.only.includes('vault')) {
    say('vault …');
    results.push(await benchVault({ ...timing, seconds: Math.min(timing.seconds, 2), warmUpSeconds: 0.5 }));
  }
  const facts = needsServer && pgbench ? await benchServers(options, pgbench, timing, results) : [];
  const machine = facts.length > 0 ? facts : await describeMachine(null, pgbench);
  const print = (text: string) => process.stdout.write(`${text}\n`);
  if (options.json) print(asJsonLines(results.map(({ measurement }) => measurement)));
  else print(`${asTable(results)}\n\n${[...machine, quiet.summary()].join('\n')}`);
  if (options.quick) say('These figures come from one short run each: they show that the bench works, no more.');
  return needsServer && !pgbench ? 1 : 0;
}

type Taken = { name: BenchmarkName; results: Result[] }[];

/** What needs servers. Adds to the results, and gives the facts about the servers back. */
async function benchServers(
  options: BenchOptions,
  pgbench: Pgbench,
  timing: Timing & { tenants: number },
  results: Result[],
): Promise<string[]> {
  const given = readBenchEnvironment();
  say('Starting the servers …');
  const servers = await startServers({ adminUrl: given.ADMIN_DATABASE_URL, redisUrl: given.REDIS_URL }, undo);
  const queues = queuesOn(servers, options.queues);
  const taken: Taken = [];
  const facts = new Set<string>();
  for (const [index, queue] of queues.entries()) {
    // What has nothing to do with the queue is taken once.
    const only = options.only.filter(name => name !== 'vault' && (index === 0 || ofQueue.includes(name)));
    if (only.length === 0) continue;
    const about = await benchWithQueue(queue, { ...options, only }, { servers, pgbench, timing }, taken);
    for (const fact of about) facts.add(fact);
  }
  // Both lines of a benchmark stand together.
  taken.sort((a, b) => benchmarkNames.indexOf(a.name) - benchmarkNames.indexOf(b.name));
  results.push(...taken.flatMap(each => each.results));
  return [...facts, ...servers.facts, describeQueues(queues)];
}

function queuesOn({ redisUrl }: Servers, asked: readonly QueueName[] | null): readonly QueueName[] {
  if (redisUrl) return asked ?? queueNames;
  if (asked?.includes('redis')) throw new Error('There is no redis-server here: apt-get install redis-server.');
  return ['postgres'];
}

const describeQueues = (queues: readonly QueueName[]): string =>
  queues.includes('redis')
    ? 'queue: Redis, as in production; Postgres where a name says so'
    : 'queue: Postgres (production has Redis)';

/** Starts a system on a queue, runs what is asked for on it, and ends the system. Gives facts about it back. */
async function benchWithQueue(
  queue: QueueName,
  options: BenchOptions,
  tools: Omit<Tools, 'generator'> & { timing: { tenants: number } },
  taken: Taken,
): Promise<string[]> {
  say(`Starting the simulator and an api with its queue on ${queue} …`);
  const { profileFolder } = options;
  const own: Undo = [];
  undo.push(() => undoAll(own));
  const system = await startSystem(tools.servers, { queue, profileFolder, undo: own });
  const durable = await checkDurability(system.admin, system.urls);
  const generator = startLoadGenerator({ server: system.apiPid, profile: profileFolder !== null });
  own.push(() => generator.stop());
  say(`Connecting ${tools.timing.tenants} tenants with ${pagesInList} pages each …`);
  const tenants = await createTenants(system, tools.timing.tenants);
  for (const { name, run } of chosen(options, system, tenants, { ...tools, generator })) {
    const isMarked = queue === 'postgres' && ofQueue.includes(name);
    say(`${name}${isMarked ? '-postgres' : ''} …`);
    const results = [await run()].flat();
    taken.push({ name, results: isMarked ? results.map(markedPostgres) : results });
  }
  await checkDurability(system.admin, system.urls);
  const machine = await describeMachine(system.admin, tools.pgbench);
  await undoAll(own);
  return [
    ...machine,
    ...durable,
    'api: one process, as built for production; a worker runs where its benchmark says so',
  ];
}

const markedPostgres = ({ measurement, notes }: Result): Result => ({
  measurement: { ...measurement, name: `${measurement.name}-postgres` },
  notes,
});

async function createTenants(system: System, count: number): Promise<Tenant[]> {
  const tenants = [];
  for (let index = 0; index < count; index += 1) {
    tenants.push(await createTenant(system, `bench-${index + 1}`, pagesInList));
  }
  await vacuumAnalyze(system.admin);
  return tenants;
}

/** As autovacuum would leave them: it never looks at tables without rows, which Postgres then does not take for empty. */
async function vacuumAnalyze(admin: System['admin']): Promise<void> {
  const { rows } = await admin.query<{ tables: string }>(
    `select string_agg(relid::regclass::text, ', ') as tables from pg_stat_user_tables where pg_relation_size(relid) > 0`,
  );
  await admin.query(`vacuum analyze ${rows[0]!.tables}`);
}

interface Tools {
  servers: Servers;
  generator: LoadGenerator;
  pgbench: Pgbench;
  timing: Timing;
}

function chosen({ only, quick: isQuick }: BenchOptions, system: System, tenants: readonly Tenant[], tools: Tools) {
  const benches = [
    { name: 'webhook-ingest', run: () => benchWebhookIngest(system, tenants, tools) },
    { name: 'webhook-ingest-batched', run: () => benchWebhookIngestBatched(system, tenants, tools) },
    { name: 'webhook-process', run: () => benchWebhookProcess(system, tenants, tools.servers.redisUrl!, tools.timing) },
    { name: 'post-to-reply', run: () => benchPostToReply(system, tenants, tools.timing) },
    { name: 'tenant-list', run: () => benchTenantList(system, tenants, { ...tools, by: 'session' }) },
    { name: 'tenant-list-key', run: () => benchTenantList(system, tenants, { ...tools, by: 'key' }) },
    { name: 'tenant-list-verb', run: () => benchTenantListVerb(system, tenants, tools) },
    { name: 'tenant-list-rls', run: () => benchPolicies(system, tenants, tools) },
    { name: 'tenant-list-scale', run: () => benchTenantListScale(system, tools.timing, isQuick) },
    { name: 'keep-alive-due-scan', run: () => benchDueScan(system, tools.timing, isQuick) },
    // Last, since they leave tenants and settings behind.
    { name: 'tenants-10000', run: () => benchWebhookTenants(system, tools) },
    { name: 'memory', run: () => benchMemory(system, tenants, tools, isQuick) },
    { name: 'soak', run: () => benchSoak(system, tenants, tools.timing, isQuick) },
  ] as const;
  return benches.filter(({ name }) => only.includes(name) && (name !== 'webhook-process' || hasRedis(tools.servers)));
}

function hasRedis({ redisUrl }: Servers): boolean {
  if (!redisUrl)
    say('webhook-process is left out: it compares with BullMQ on Redis, and there is no redis-server here.');
  return redisUrl !== null;
}

function endEverything(): Promise<void> {
  ending ??= undoAll(undo);
  return ending;
}

async function undoAll(steps: Undo): Promise<void> {
  for (const step of steps.splice(0).toReversed()) await step();
}

async function endWith(code: number, sentence?: string): Promise<void> {
  if (sentence) say(sentence);
  await endEverything().catch(error => say(String(error)));
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) {
  process.on(signal, () => void endWith(130));
}

try {
  const options = parseOptions(process.argv.slice(2));
  main(options).then(
    code => endWith(code),
    (error: Error) => endWith(1, error.message),
  );
} catch (error) {
  say(`${(error as Error).message}\n${usage}`);
  process.exit(1);
}
