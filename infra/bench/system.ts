import { randomBytes } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { migrateToLatest } from '@pagekeeper/domain/database/migrate';
import {
  createDatabaseAndRoles,
  type RolePasswords,
  type RoleUrls,
  roleUrls,
  withDatabase,
} from '@pagekeeper/domain/database/roles';
import { serviceVariables } from '@pagekeeper/domain/environment';
import { type OpenServices, openServices } from '@pagekeeper/domain/open-services';
import { createLog } from '@pagekeeper/runtime/log';
import { buildApps } from '@pagekeeper/testing/build-apps';
import { generousLimits } from '@pagekeeper/testing/generous-limits';
import { startPostgres } from '@pagekeeper/testing/postgres';
import { type StartedProcess, startProcess } from '@pagekeeper/testing/processes';
import { findRedis, startRedis } from '@pagekeeper/testing/redis';
import { freePort } from '@pagekeeper/testing/system/ports';
import { makeTestFolder } from '@pagekeeper/testing/test-folder';
import pg from 'pg';
import type { QueueName } from './env.ts';

/** Postgres, and Redis where there is one. */
export interface Servers {
  /** As the server's superuser. */
  adminUrl: string;
  redisUrl: string | null;
  /** What the figures depend on, in words. */
  facts: readonly string[];
}

/** What the benchmarks run against: a database of their own, the simulator, and one api process. */
export interface System {
  urls: RoleUrls;
  /** As the server's superuser, for what is verified behind row level security. */
  admin: pg.Client;
  adminUrl: string;
  apiPort: number;
  apiPid: number;
  simulatorUrl: string;
  queue: QueueName;
  appSecret: string;
  /** The domain in this process, with the same keys as the api. */
  services: OpenServices;
  /** None runs unless a benchmark starts it. Ended with the rest at the latest. */
  startWorker(): Promise<StartedProcess>;
  /** One more database on the same server, empty, with the domain opened on it. */
  anotherDatabase(): Promise<{ admin: pg.Client; services: OpenServices }>;
}

/** Takes what must be undone, the last thing first. On failure what was started is in it all the same. */
export type Undo = (() => unknown)[];

/** The given ones, or our own. */
export async function startServers(
  { adminUrl, redisUrl }: { adminUrl: string | undefined; redisUrl: string | undefined },
  undo: Undo,
): Promise<Servers> {
  // As production runs them: what tsx makes of the source is slower.
  await buildApps(['api', 'worker', 'graph-simulator']);
  const folder = makeTestFolder();
  undo.push(() => folder.remove());
  const postgres = adminUrl ? null : await startPostgres({ dataDirectory: folder.postgres });
  if (postgres) {
    undo.push(() => postgres.stop());
    refuseMemory(folder.postgres);
  }
  const redis = redisUrl ? { url: redisUrl } : findRedis() === null ? null : await startRedis(folder.path);
  if (redis && 'stop' in redis) undo.push(() => redis.stop());
  return {
    adminUrl: adminUrl ?? postgres!.adminUrl,
    redisUrl: redis?.url ?? null,
    facts: [`PostgreSQL: ${adminUrl ? 'the one of ADMIN_DATABASE_URL' : 'embedded, default settings'}`],
  };
}

export interface SystemOptions {
  queue: QueueName;
  profileFolder: string | null;
  undo: Undo;
}

/** Starts everything that is ours. */
export async function startSystem(
  { adminUrl: serverUrl, redisUrl }: Servers,
  { queue, profileFolder, undo }: SystemOptions,
): Promise<System> {
  const password = () => randomBytes(16).toString('hex');
  const passwords = { owner: password(), app: password(), auth: password(), queue: password() };
  const database = await makeDatabase(serverUrl, passwords, undo);
  const app = {
    NODE_ENV: 'development',
    LOG_LEVEL: 'warn',
    FACEBOOK_APP_ID: '257000000000001',
    FACEBOOK_APP_SECRET: randomBytes(16).toString('hex'),
    FACEBOOK_VERIFY_TOKEN: randomBytes(16).toString('hex'),
  };
  const simulator = await startApp('graph-simulator', { ...app, PORT: '0' }, undo);
  const simulatorUrl = `http://127.0.0.1:${simulator.port}`;
  const apiPort = await freePort();
  const variables: Record<string, string> = {
    ...app,
    PUBLIC_URL: `http://127.0.0.1:${apiPort}`,
    DATABASE_URL: database.urls.app,
    PAGEKEEPER_KEYS: `bench:${randomBytes(32).toString('base64')}`,
    FACEBOOK_GRAPH_URL: simulatorUrl,
    FACEBOOK_DIALOG_URL: simulatorUrl,
    ...(queue === 'redis'
      ? { REDIS_URL: redisUrl!, QUEUE_PREFIX: `{${database.name}}` }
      : { QUEUE_DATABASE_URL: database.urls.queue }),
  };
  const apiVariables = {
    ...variables,
    AUTH_DATABASE_URL: database.urls.auth,
    AUTH_SECRET: randomBytes(32).toString('hex'),
    PORT: String(apiPort),
    ...generousLimits,
    ...(profileFolder && { NODE_OPTIONS: profiling(profileFolder) }),
  };
  const api = await startApp('api', apiVariables, undo);
  const open = async (url: string) => {
    const log = createLog({ name: 'bench', level: 'warn' });
    const services = await openServices(serviceVariables.parse({ ...variables, DATABASE_URL: url }), log);
    undo.push(() => services.close());
    return services;
  };
  const services = await open(database.urls.app);
  return {
    urls: database.urls,
    admin: database.admin,
    adminUrl: withDatabase(serverUrl, database.name),
    anotherDatabase: async () => {
      const { admin, urls } = await makeDatabase(serverUrl, passwords, undo);
      return { admin, services: await open(urls.app) };
    },
    apiPort: api.port!,
    apiPid: api.pid,
    simulatorUrl,
    queue,
    appSecret: app.FACEBOOK_APP_SECRET,
    services,
    startWorker: () => startApp('worker', variables, undo),
  };
}

interface BenchDatabase {
  name: string;
  urls: RoleUrls;
  admin: pg.Client;
}

/** @param passwords of the roles, which the server's databases share */
async function makeDatabase(adminUrl: string, passwords: RolePasswords, undo: Undo): Promise<BenchDatabase> {
  const name = `pagekeeper_bench_${randomBytes(4).toString('hex')}`;
  const options = { database: name, passwords };
  await createDatabaseAndRoles(adminUrl, options);
  undo.push(() => onServer(adminUrl, `drop database if exists ${name} with (force)`));
  const urls = roleUrls(adminUrl, options);
  await migrateToLatest({ ownerUrl: urls.owner, queueUrl: urls.queue });
  const admin = new pg.Client({ connectionString: withDatabase(adminUrl, name) });
  await admin.connect();
  admin.on('error', () => {});
  undo.push(() => admin.end());
  return { name, urls, admin };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function startApp(name: string, env: Record<string, string>, undo: Undo) {
  const onLine = (line: string) => process.stderr.write(`${name}: ${line}\n`);
  const started = await startProcess({ name, entry: `apps/${name}/dist/main.js`, env, onLine });
  undo.push(() => started.stop());
  return started;
}

function profiling(folder: string): string {
  const file = pathToFileURL(fileURLToPath(new URL('./profile.mjs', import.meta.url)));
  file.searchParams.set('folder', folder);
  return `--import ${file.href}`;
}

const memoryFilesystems = [0x01021994 /* tmpfs */, 0x858458f6 /* ramfs */];

/** On a filesystem in memory fsync costs nothing, and so a commit neither. */
function refuseMemory(folder: string): void {
  if (!memoryFilesystems.includes(statfsSync(folder).type)) return;
  throw new Error('The temporary folder lies in memory, where fsync means nothing: set TMPDIR to one on a disk.');
}
