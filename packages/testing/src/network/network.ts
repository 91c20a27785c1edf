import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@pagekeeper/domain/context';
import { serviceVariables } from '@pagekeeper/domain/environment';
import { type OpenServices, openServices } from '@pagekeeper/domain/open-services';
import type { UserActor } from '@pagekeeper/domain/tenancy/actor';
import { createLog } from '@pagekeeper/runtime/log';
import pg from 'pg';
import { inject } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { generousLimits } from '../generous-limits.ts';
import { throughPgBouncer } from '../pgbouncer.ts';
import { type ProcessOptions, type StartedProcess, startProcess } from '../processes.ts';
import { freePort } from '../system/ports.ts';
import { type CaughtMail, type Stoppable, startApp, startMailCatcher, startTwins } from './apps.ts';
import { checksComeAgainMs, whatIsOpen, whichChecksComeAgain } from './open-work.ts';
import { type Answer, Persona } from './persona.ts';
import { SimulatorControl } from './simulator-control.ts';
import { createTenant, type Tenant } from './tenant.ts';

export interface NetworkOptions {
  /** What carries the queue; Postgres by default. */
  queue?: 'postgres' | 'redis';
  /** A Redis of the test's own, which it may flush. */
  redisUrl?: string;
  /** `redisUrl` is one node of a Redis Cluster. */
  isCluster?: boolean;
  /** More variables for a process. */
  apiEnv?: Record<string, string>;
  workerEnv?: Record<string, string>;
  /** False: the test starts it when it wants to. */
  worker?: boolean;
  /** The ring of key-encryption keys; a new one by default. */
  keys?: string;
  /** True: mails go to a mail catcher; without it nobody takes them. */
  mail?: boolean;
}

interface Processes {
  api: StartedProcess;
  worker: StartedProcess | null;
  /** A second api and worker, and what spreads connections over the two apis: behind PgBouncer. */
  twins: readonly (Stoppable | null)[];
  simulator: StartedProcess;
  mailCatcher: StartedProcess | null;
}

export interface AnotherApi {
  persona(name: string): Persona;
  program(name: string, secret: string): Persona;
  stop(): Promise<unknown>;
}

/**
 * A whole system of our own processes, as in production: api, worker and simulator over HTTP, a database copied from
 * the run's template. Tests speak to it as personas.
 */
export class Network {
  readonly database: TestDatabase;
  readonly simulator: SimulatorControl;
  readonly services: OpenServices;
  readonly appSecret: string;
  /** Everything the processes wrote, for tests that search it. */
  readonly output: string[];
  readonly #env: Record<string, string>;
  readonly #apiEnv: Record<string, string>;
  readonly #processes: Processes;
  readonly #admin: pg.Pool;

  constructor(parts: {
    database: TestDatabase;
    services: OpenServices;
    env: Record<string, string>;
    apiEnv: Record<string, string>;
    processes: Processes;
    output: string[];
  }) {
    this.database = parts.database;
    this.services = parts.services;
    this.appSecret = parts.env.FACEBOOK_APP_SECRET!;
    this.output = parts.output;
    this.#env = parts.env;
    this.#apiEnv = parts.apiEnv;
    this.#processes = parts.processes;
    this.simulator = new SimulatorControl(`http://127.0.0.1:${parts.processes.simulator.port}`);
    this.#admin = new pg.Pool({ connectionString: parts.database.adminUrl, max: 3 });
    this.#admin.on('error', () => {});
  }

  get apiUrl(): string {
    return this.#env.PUBLIC_URL!;
  }

  /** Where the caught mails are. */
  get mailUrl(): string {
    const { port } = this.#processes.mailCatcher ?? {};
    if (!port) throw new Error('This network has no mail catcher: start it with mail: true.');
    return `http://127.0.0.1:${port}`;
  }

  get api(): StartedProcess {
    return this.#processes.api;
  }

  get worker(): StartedProcess | null {
    return this.#processes.worker;
  }

  /** Every answer that a persona got, for tests that search them. */
  readonly answers: string[] = [];

  /** Somebody without an account yet. */
  persona(name: string): Persona {
    const record = ({ text, headers }: Answer) => this.answers.push(`${JSON.stringify(headers)} ${text}`);
    return new Persona(this.apiUrl, name, record);
  }

  /** A customer's program: it shows this API key with every request. */
  program(name: string, secret: string): Persona {
    return this.persona(name).withHeaders({ Authorization: `Bearer ${secret}` });
  }

  get anonymous(): Persona {
    return this.persona('anonymous');
  }

  tenant = (name: string): Promise<Tenant> => createTenant(this, name);

  /** For verbs that no endpoint calls yet. */
  contextOf(actor: UserActor): Context<UserActor> {
    return { ...this.services, actor, requestId: 'test' };
  }

  /** A query as the server's superuser: what a test must see behind row level security. */
  async sql<Row = any>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#admin.query(text, values)).rows;
  }

  /** Waits until a query finds a row. */
  async untilSql(text: string, what: string, timeoutMs = 30_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while ((await this.sql(text)).length === 0) {
      if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
      await sleep(50);
    }
  }

  /** The mails to somebody, oldest first, once there are so many. */
  async mailsTo(address: string, count = 1): Promise<CaughtMail[]> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const url = `${this.mailUrl}/email?to=${encodeURIComponent(address)}`;
      const mails = (await (await fetch(url)).json()) as CaughtMail[];
      if (mails.length >= count) return mails;
      if (Date.now() > deadline) throw new Error(`${mails.length} mails came for ${address}, not ${count}.`);
      await sleep(50);
    }
  }

  /** The variables of all processes, and of the database's owner: for the operator's commands. */
  get variables(): Record<string, string> {
    return { ...this.#env, ...this.#apiEnv, MIGRATION_DATABASE_URL: this.database.urls.owner };
  }

  /** Moves business time, ours and Facebook's, to this far from now: to the second. */
  async moveClock(hours: number): Promise<void> {
    const offset_seconds = Math.round(hours * 3_600);
    await this.sql(`update app.clock set clock_offset = $1 * interval '1 second'`, [offset_seconds]);
    await this.simulator.post('/__sim/clock', { offset_seconds });
  }

  async startWorker(env: Record<string, string> = {}): Promise<StartedProcess> {
    this.#processes.worker = await startApp('worker', { ...this.#env, ...env }, this.output);
    return this.#processes.worker;
  }

  async startApi(env: Record<string, string> = {}): Promise<StartedProcess> {
    const port = String(this.#processes.api.port);
    this.#processes.api = await startApp('api', { ...this.#env, ...this.#apiEnv, ...env, PORT: port }, this.output);
    return this.#processes.api;
  }

  /** One more process beside the first, with the same database, queue and keys. */
  async anotherApi(env: Record<string, string> = {}, port?: number): Promise<AnotherApi> {
    const PORT = String(port ?? (await freePort()));
    const api = await startApp('api', { ...this.#env, ...this.#apiEnv, ...env, PORT }, this.output);
    const persona = (name: string) => new Persona(`http://127.0.0.1:${PORT}`, name);
    return {
      persona,
      program: (name, secret) => persona(name).withHeaders({ Authorization: `Bearer ${secret}` }),
      stop: () => api.stop(),
    };
  }

  /** A process of a test's own, from its entry file, with the worker's variables. Stop it. */
  async startProcess(entry: string, onLine: NonNullable<ProcessOptions['onLine']>): Promise<StartedProcess> {
    return await startProcess({ name: entry, entry, env: this.#env, onLine });
  }

  /** Waits until no job waits or runs, no delivery is under way and no event is open. */
  async settle(timeoutMs = 20_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    let calm = 0;
    let workedAt = Date.now();
    while (calm < 2) {
      const work = await whatIsOpen(this);
      if (work !== '') workedAt = Date.now();
      const isToWait = Date.now() - workedAt < checksComeAgainMs + 1_000;
      const open = work === '' && isToWait ? await whichChecksComeAgain(this) : work;
      calm = open === '' ? calm + 1 : 0;
      if (open !== '' && Date.now() > deadline) throw new Error(`did not settle: ${open}`);
      await sleep(60);
    }
  }

  /** Stops everything. A job that failed for good fails the test, unless it breaks on purpose what jobs need. */
  async stop({ jobsMayFail = false } = {}): Promise<void> {
    const failed = await this.services.queue.counts().then(
      counts => counts.failed,
      () => 0,
    );
    const { api, worker, twins, simulator, mailCatcher } = this.#processes;
    const all = [api, worker, ...twins, simulator, mailCatcher];
    await Promise.all(all.map(each => each?.stop()));
    await this.services.close();
    await this.#admin.end();
    await this.database.drop();
    if (failed === 0 || jobsMayFail) return;
    const lines = this.output.filter(line => /"outcome":"failed"|"level":50/.test(line));
    throw new Error(`${failed} jobs failed for good: ${lines.slice(-20).join('\n')}`);
  }
}

export type { CaughtMail };

/** Starts a network. Stop it in `afterAll`. */
export async function startNetwork(options: NetworkOptions = {}): Promise<Network> {
  const servers = inject('servers');
  const redisUrl = options.redisUrl ?? (options.queue === 'redis' ? servers.redisUrl : null);
  if (options.queue === 'redis' && !redisUrl) throw new Error('There is no Redis for this test.');
  const database = await createTestDatabase();
  const { pgBouncerPort } = servers;
  const urlOf = (url: string) => (pgBouncerPort ? throughPgBouncer(url, pgBouncerPort) : url);
  const output: string[] = [];
  const app = {
    NODE_ENV: 'test',
    LOG_LEVEL: 'info',
    FACEBOOK_APP_ID: '257000000000001',
    FACEBOOK_APP_SECRET: randomBytes(16).toString('hex'),
    FACEBOOK_VERIFY_TOKEN: randomBytes(16).toString('hex'),
  };
  const simulator = await startApp('graph-simulator', { ...app, PORT: '0' }, output);
  const graphUrl = `http://127.0.0.1:${simulator.port}`;
  const env: Record<string, string> = {
    ...app,
    DATABASE_URL: urlOf(database.urls.app),
    DATABASE_POOL: '8',
    ...(pgBouncerPort && { NAMED_STATEMENTS: 'off' }),
    PAGEKEEPER_KEYS: options.keys ?? `k1:${randomBytes(32).toString('base64')}`,
    FACEBOOK_GRAPH_URL: graphUrl,
    FACEBOOK_DIALOG_URL: graphUrl,
    // The simulator shows at once what it did.
    REPLY_QUIET_SECONDS: '10',
    ...(redisUrl
      ? { REDIS_URL: redisUrl, REDIS_CLUSTER: options.isCluster ? 'on' : 'off', QUEUE_PREFIX: `{${database.name}}` }
      : { QUEUE_DATABASE_URL: database.urls.queue }),
  };
  const apiPort = await freePort();
  env.PUBLIC_URL = `http://127.0.0.1:${apiPort}`;
  const mailCatcher = options.mail ? await startMailCatcher(env, output) : null;
  const apiEnv = {
    AUTH_DATABASE_URL: urlOf(database.urls.auth),
    AUTH_SECRET: randomBytes(32).toString('hex'),
    PORT: String(apiPort),
    ...generousLimits,
    ...options.apiEnv,
  };
  const workerEnv = { ...env, ...options.workerEnv };
  const startWorker = async () => (options.worker === false ? null : await startApp('worker', workerEnv, output));
  const apiPorts = pgBouncerPort ? [await freePort(), await freePort()] : [apiPort];
  const startApiOn = (port: number) => startApp('api', { ...env, ...apiEnv, PORT: String(port) }, output);
  const [api, worker, twins, services] = await Promise.all([
    startApiOn(apiPorts[0]!),
    startWorker(),
    pgBouncerPort ? startTwins({ apiPort, apiPorts, startApiOn, startWorker }) : [],
    openServices(serviceVariables.parse(env), createLog({ name: 'test', level: 'silent' })),
  ]);
  const network = new Network({
    database,
    services,
    env,
    apiEnv,
    processes: { api, worker, twins, simulator, mailCatcher },
    output,
  });
  const callback_url = `${network.apiUrl}/webhooks/facebook`;
  // As strict as the app's dashboard can be set.
  await network.simulator.patch('/__sim/app', { callback_url, proof: 'required' });
  return network;
}
