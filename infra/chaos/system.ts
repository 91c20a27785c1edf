import { randomBytes } from 'node:crypto';
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
import { createTenant } from '../bench/tenants.ts';
import { Crew, type Member } from './crew.ts';
import { type DatabaseServer, startDatabaseServer } from './database-server.ts';

export interface SystemOptions {
  queue: 'redis' | 'postgres';
  seed: number;
  /** Pages that are connected, of three tenants. */
  pages: number;
  /** Takes what must be undone, the last thing first. */
  undo: (() => unknown)[];
}

const tenants = 3;
const database = 'pagekeeper_chaos';

/** A system of its own for one scenario: Postgres, Redis, the simulator, and api and workers to be killed. */
export class System {
  readonly simulator: SimulatorControl;
  readonly postgres: DatabaseServer;
  readonly redis: RunningRedis | null;
  /** Hashes the ids of changes as the api does. */
  readonly vault: Vault;
  readonly crew: Crew;
  pageIds: readonly string[] = [];
  readonly #admin: pg.Pool;
  readonly #env: Environment;

  constructor(parts: Parts) {
    this.simulator = parts.simulator;
    this.postgres = parts.postgres;
    this.redis = parts.redis;
    this.vault = parts.vault;
    this.crew = parts.crew;
    this.#admin = parts.admin;
    this.#env = parts.env;
  }

  startApi = (env: Record<string, string> = {}): Promise<Member> =>
    this.crew.start('api', { ...this.#env.service, ...this.#env.api, ...env });

  startWorker = (env: Record<string, string> = {}): Promise<Member> =>
    this.crew.start('worker', { ...this.#env.service, ...this.#env.worker, ...env });

  /** As the superuser: what stands behind row level security. */
  sql = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await this.#admin.query(text, values)).rows;

  /** Moves business time on, ours and Facebook's. */
  async moveClock(seconds: number): Promise<void> {
    await this.sql(`update app.clock set clock_offset = clock_offset + $1 * interval '1 second'`, [seconds]);
    await this.simulator.post('/__sim/clock', { advance_seconds: seconds });
  }
}

interface Environment {
  service: Record<string, string>;
  api: Record<string, string>;
  worker: Record<string, string>;
}

interface Parts {
  simulator: SimulatorControl;
  postgres: DatabaseServer;
  redis: RunningRedis | null;
  vault: Vault;
  crew: Crew;
  admin: pg.Pool;
  env: Environment;
}

/** Starts everything but api and workers, and connects the pages. On failure what was started is in `undo` all the same. */
export async function startSystem({ queue, seed, pages, undo }: SystemOptions): Promise<System> {
  const folder = makeTestFolder();
  undo.push(() => folder.remove());
  const postgres = await startDatabaseServer({
    dataDirectory: folder.postgres,
    settings: { max_connections: 200 },
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
  const env = environmentOf(app, urls, redis, simulator.url, await freePort());
  const admin = new pg.Pool({ connectionString: withDatabase(postgres.adminUrl, database), max: 2 });
  admin.on('error', () => {});
  undo.push(() => admin.end());
  const vault = await openVault(env);
  const system = new System({ simulator, postgres, redis, vault, crew, admin, env });
  system.pageIds = await connectPages(system, env, pages);
  return system;
}

async function makeDatabase(adminUrl: string): Promise<RoleUrls> {
  const password = () => randomBytes(16).toString('hex');
  const passwords = { owner: password(), app: password(), auth: password(), queue: password() };
  await createDatabaseAndRoles(adminUrl, { database, passwords });
  const urls = roleUrls(adminUrl, { database, passwords });
  await migrateToLatest({ ownerUrl: urls.owner, queueUrl: urls.queue });
  return urls;
}

function environmentOf(
  app: Record<string, string>,
  urls: RoleUrls,
  redis: RunningRedis | null,
  simulatorUrl: string,
  port: number,
): Environment {
  return {
    service: {
      ...app,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      DATABASE_URL: urls.app,
      DATABASE_POOL: '10',
      PAGEKEEPER_KEYS: `chaos:${randomBytes(32).toString('base64')}`,
      FACEBOOK_GRAPH_URL: simulatorUrl,
      FACEBOOK_DIALOG_URL: simulatorUrl,
      ...(redis ? { REDIS_URL: redis.url } : { QUEUE_DATABASE_URL: urls.queue }),
    },
    api: {
      AUTH_DATABASE_URL: urls.auth,
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
];

async function connectPages(system: System, { api: { PORT } }: Environment, count: number): Promise<string[]> {
  const apiPort = Number(PORT);
  const api = await system.startApi();
  const places = { apiPort, simulatorUrl: system.simulator.url };
  const connected: string[] = [];
  for (let index = 0; index < tenants; index += 1) {
    const pages = Math.ceil((count - connected.length) / (tenants - index));
    const tenant = await createTenant(places, `chaos-${index + 1}`, pages, at => configs[at % configs.length]!);
    connected.push(...tenant.pages.map(page => page.pageId));
  }
  await system.simulator.patch('/__sim/app', { callback_url: `http://127.0.0.1:${apiPort}/webhooks/facebook` });
  await api.stop();
  return connected;
}
