import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrateToLatest } from '@pagekeeper/domain/database/migrate';
import { createDatabaseAndRoles, type RoleUrls, roleUrls, withDatabase } from '@pagekeeper/domain/database/roles';
import { serviceVariables } from '@pagekeeper/domain/environment';
import { openServices } from '@pagekeeper/domain/open-services';
import type { Vault } from '@pagekeeper/domain/vault/vault';
import { createLog } from '@pagekeeper/runtime/log';
import { generousLimits } from '@pagekeeper/testing/generous-limits';
import { SimulatorControl } from '@pagekeeper/testing/network/simulator-control';
import { findRedis, type RunningRedis, startRedis } from '@pagekeeper/testing/redis';
import { freePort } from '@pagekeeper/testing/system/ports';
import { makeTestFolder } from '@pagekeeper/testing/test-folder';
import pg from 'pg';
import { createTenant, type Tenant } from '../bench/tenants.ts';
import { Crew, type Member } from './crew.ts';
import { type DatabaseServer, startDatabaseServer } from './database-server.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { statusOf } from './requests.ts';
import { mountDisk } from './small-disk.ts';

export interface SystemOptions {
  queue: 'redis' | 'postgres';
  seed: number;
  /** Pages that are connected, of three tenants. */
  pages: number;
  needs?: Needs | undefined;
  /** Takes what must be undone, the last thing first. */
  undo: (() => unknown)[];
}

/** What a scenario's system has that others have not. */
export interface Needs {
  /** A fault proxy before each of Graph, Postgres and Redis. */
  proxies?: true;
  /** Postgres has a disk of its own, of so many megabytes. */
  diskMegabytes?: number;
  /** Variables of api and workers. */
  env?: Readonly<Record<string, string>>;
  /** No page answers in private: Facebook takes 750 such answers of a page in an hour, and the others would wait. */
  answersInPublic?: true;
}

/** What api and workers reach through a proxy. */
export type Distant = 'graph' | 'postgres' | 'redis';

const tenantCount = 3;
const database = 'pagekeeper_chaos';

/** A system of its own for one scenario: Postgres, Redis, the simulator, and api and workers to be killed. */
export class System {
  readonly simulator: SimulatorControl;
  readonly postgres: DatabaseServer;
  readonly redis: RunningRedis | null;
  /** Hashes the ids of changes as the api does. */
  readonly vault: Vault;
  readonly crew: Crew;
  /** Empty where none were asked for. */
  readonly proxies: ReadonlyMap<Distant, FaultProxy>;
  /** As the superuser. */
  readonly databaseUrl: string;
  /** What Postgres keeps lies in it, on a disk of its own where one was asked for. */
  readonly dataFolder: string;
  /** Of the api, where it is not started with another. */
  readonly apiPort: number;
  tenants: readonly Tenant[] = [];
  readonly #admin: pg.Pool;
  readonly #env: Environment;

  constructor(parts: Parts) {
    this.simulator = parts.simulator;
    this.postgres = parts.postgres;
    this.redis = parts.redis;
    this.vault = parts.vault;
    this.crew = parts.crew;
    this.proxies = parts.proxies;
    this.databaseUrl = parts.databaseUrl;
    this.dataFolder = parts.dataFolder;
    this.apiPort = Number(parts.env.api.PORT);
    this.#admin = parts.admin;
    this.#env = parts.env;
  }

  get pageIds(): readonly string[] {
    return this.tenants.flatMap(({ pages }) => pages.map(({ pageId }) => pageId));
  }

  startApi = (env: Record<string, string> = {}): Promise<Member> =>
    this.crew.start('api', { ...this.#env.service, ...this.#env.api, ...env });

  startWorker = (env: Record<string, string> = {}): Promise<Member> =>
    this.crew.start('worker', { ...this.#env.service, ...this.#env.worker, ...env });

  /** As the superuser: what stands behind row level security. */
  sql = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await this.#admin.query(text, values)).rows;

  /** Waits until the api says that it is ready. @throws Error after half a minute */
  async ready(): Promise<void> {
    const deadline = Date.now() + 30_000;
    while ((await statusOf(this.apiPort, '/readyz')) !== 200) {
      if (Date.now() > deadline) throw new Error('The api was not ready again within half a minute.');
      await sleep(100);
    }
  }

  /** Moves business time on, ours and Facebook's. */
  async moveClock(seconds: number): Promise<void> {
    await this.sql(`update app.clock set clock_offset = clock_offset + $1 * interval '1 second'`, [seconds]);
    await this.simulator.post('/__sim/clock', { advance_seconds: seconds });
  }
}

interface Environment {
  service: Record<string, string>;
  api: Record<string, string> & { PORT: string };
  worker: Record<string, string>;
}

interface Parts {
  simulator: SimulatorControl;
  postgres: DatabaseServer;
  redis: RunningRedis | null;
  vault: Vault;
  crew: Crew;
  proxies: ReadonlyMap<Distant, FaultProxy>;
  databaseUrl: string;
  dataFolder: string;
  admin: pg.Pool;
  env: Environment;
}

/** Starts everything but api and workers, and connects the pages. On failure what was started is in `undo` all the same. */
export async function startSystem({ queue, seed, pages, needs = {}, undo }: SystemOptions): Promise<System> {
  const folder = makeTestFolder();
  undo.push(() => folder.remove());
  if (needs.diskMegabytes) undo.push(mountDisk(folder.postgres, needs.diskMegabytes));
  const postgres = await startDatabaseServer({
    dataDirectory: folder.postgres,
    settings: { max_connections: 200, ...(needs.diskMegabytes && smallDiskSettings) },
  });
  undo.push(() => postgres.stop());
  if (queue === 'redis' && !findRedis())
    throw new Error('There is no redis-server here: apt-get install redis-server.');
  const redis = queue === 'redis' ? await startRedis(folder.path) : null;
  if (redis) undo.push(() => redis.stop());
  const urls = await makeDatabase(postgres.adminUrl);
  const crew = new Crew();
  undo.push(() => crew.killAll());
  const app = {
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    FACEBOOK_APP_ID: '257000000000001',
    FACEBOOK_APP_SECRET: randomBytes(16).toString('hex'),
    FACEBOOK_VERIFY_TOKEN: randomBytes(16).toString('hex'),
  };
  const simulated = await crew.start('graph-simulator', { ...app, PORT: '0', SIMULATOR_SEED: `chaos ${seed}` });
  const simulator = new SimulatorControl(`http://127.0.0.1:${simulated.port}`);
  const servers = { graph: simulated.port, postgres: postgres.port, redis: redis?.port ?? null };
  const proxies = needs.proxies ? await startProxies(servers, undo) : new Map();
  const env = environmentOf({
    app: { ...app, ...needs.env },
    urls,
    redis,
    simulatorUrl: simulator.url,
    proxies,
    port: await freePort(),
    compileCache: join(folder.path, 'compile-cache'),
  });
  const databaseUrl = withDatabase(postgres.adminUrl, database);
  const admin = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  admin.on('error', () => {});
  undo.push(() => admin.end());
  const vault = await openVault(env);
  const places = { proxies, databaseUrl, dataFolder: folder.postgres, admin, env };
  const system = new System({ simulator, postgres, redis, vault, crew, ...places });
  system.tenants = await connectPages(system, pages, needs.answersInPublic ? [configs[0]] : configs);
  return system;
}

/** As little of its log as can be, so that the disk is full of what was put there. */
const smallDiskSettings = { max_wal_size: '48MB', min_wal_size: '32MB', checkpoint_timeout: '30s' };

async function startProxies(
  ports: Record<Distant, number | null>,
  undo: SystemOptions['undo'],
): Promise<Map<Distant, FaultProxy>> {
  const proxies = new Map<Distant, FaultProxy>();
  for (const [name, port] of Object.entries(ports) as [Distant, number | null][]) {
    if (port === null) continue;
    const proxy = await startFaultProxy(port);
    undo.push(() => proxy.stop());
    proxies.set(name, proxy);
  }
  return proxies;
}

async function makeDatabase(adminUrl: string): Promise<RoleUrls> {
  const password = () => randomBytes(16).toString('hex');
  const passwords = { owner: password(), app: password(), auth: password(), queue: password() };
  await createDatabaseAndRoles(adminUrl, { database, passwords });
  const urls = roleUrls(adminUrl, { database, passwords });
  await migrateToLatest({ ownerUrl: urls.owner, queueUrl: urls.queue });
  return urls;
}

interface Places {
  app: Record<string, string>;
  urls: RoleUrls;
  redis: RunningRedis | null;
  simulatorUrl: string;
  proxies: ReadonlyMap<Distant, FaultProxy>;
  /** Of the api. */
  port: number;
  /** A folder, as the image has one. */
  compileCache: string;
}

function environmentOf({ app, urls, redis, simulatorUrl, proxies, port, compileCache }: Places): Environment {
  const through = (name: Distant, url: string) => {
    const proxied = new URL(url);
    proxied.port = String(proxies.get(name)?.port ?? proxied.port);
    return proxied.href;
  };
  const queue: Record<string, string> = redis
    ? { REDIS_URL: through('redis', redis.url) }
    : { QUEUE_DATABASE_URL: through('postgres', urls.queue) };
  return {
    service: {
      NODE_COMPILE_CACHE: compileCache,
      FACEBOOK_TIMEOUT_MS: '4000',
      ...app,
      ...queue,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      DATABASE_URL: through('postgres', urls.app),
      DATABASE_POOL: '10',
      PAGEKEEPER_KEYS: `chaos:${randomBytes(32).toString('base64')}`,
      FACEBOOK_GRAPH_URL: through('graph', simulatorUrl),
      FACEBOOK_DIALOG_URL: simulatorUrl,
    },
    api: {
      AUTH_DATABASE_URL: through('postgres', urls.auth),
      AUTH_SECRET: randomBytes(32).toString('hex'),
      PORT: String(port),
      ...generousLimits,
    },
    // The simulator acts on a call at once, and shows at once what it did.
    worker: { CONCURRENCY: '4', REPLY_QUIET_SECONDS: '5' },
  };
}

async function openVault({ service }: Environment): Promise<Vault> {
  const log = createLog({ name: 'chaos', level: 'silent' });
  const services = await openServices(serviceVariables.parse(service), log);
  await services.close();
  return services.vault;
}

/** A third of the pages answers comments privately. */
const configs = [
  { auto_reply: true },
  { auto_reply: true },
  { auto_reply: true, comment_reply: { text: 'We wrote to you, {sender_name}.', visibility: 'private' } },
] as const;

async function connectPages(system: System, count: number, inTurn: readonly object[]): Promise<Tenant[]> {
  const { apiPort, simulator } = system;
  const api = await system.startApi();
  const places = { apiPort, simulatorUrl: simulator.url };
  const tenants: Tenant[] = [];
  let connected = 0;
  for (let index = 0; index < tenantCount; index += 1) {
    const pages = Math.ceil((count - connected) / (tenantCount - index));
    tenants.push(await createTenant(places, `chaos-${index + 1}`, pages, at => inTurn[at % inTurn.length]!));
    connected += pages;
  }
  await simulator.patch('/__sim/app', { callback_url: `http://127.0.0.1:${apiPort}/webhooks/facebook` });
  await api.stop();
  return tenants;
}
