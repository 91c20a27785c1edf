import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { createLog, type Log } from '@pagekeeper/runtime/log';
import { Queue as BullQueue, createPostgresBackend, createRedisBackend, type Job } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { defaultPrefix, queueName } from '../src/broker.ts';
import type { AnyJob, JobHandlers } from '../src/define-job.ts';
import { migrateQueue } from '../src/migrate.ts';
import { createQueue, type Queue, type QueueConnection } from '../src/queue.ts';
import { type RunningWorker, runWorker, type WorkerOptions } from '../src/worker.ts';
import type { QueueServers } from './servers.ts';

/** A queue of one test's own, and what is written to the log around it. */
export interface Bed {
  connection: QueueConnection;
  prefix: string;
  log: Log;
  /** Everything logged so far. */
  logged(): string;
  queue(): Queue;
  worker<const Jobs extends readonly AnyJob[]>(
    jobs: Jobs,
    handlers: NoInfer<JobHandlers<Jobs>>,
    options?: Partial<Pick<WorkerOptions<Jobs>, 'schedules' | 'concurrency' | 'onJob' | 'scheduleCheckMs'>>,
  ): Promise<RunningWorker>;
  failedJobs(): Promise<Job[]>;
  close(): Promise<void>;
}

export function createBed(connection: QueueConnection, prefix = defaultPrefix): Bed {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const log = createLog({ name: 'test', level: 'debug', destination });
  const cleanups: (() => Promise<unknown>)[] = [];
  return {
    connection,
    prefix,
    log,
    logged: () => lines.join(''),
    queue: () => {
      const queue = createQueue({ connection, log, prefix });
      cleanups.push(() => queue.close());
      return queue;
    },
    worker: async (jobs, handlers, options = {}) => {
      const worker = await runWorker({
        connection,
        log,
        prefix,
        jobs,
        handlers,
        schedules: [],
        concurrency: 1,
        ...options,
      });
      cleanups.push(() => worker.close(500));
      return worker;
    },
    failedJobs: () => readFailed(connection, prefix),
    close: async () => {
      await Promise.all(cleanups.map(cleanup => cleanup()));
    },
  };
}

const role = 'queue_test';

/** A fresh queue on a server that others use too: a prefix of its own, or a database of its own. */
export async function freshBed(type: QueueConnection['type'], servers: QueueServers): Promise<Bed> {
  if (type === 'redis') {
    return createBed({ type, url: servers.redisUrl! }, `{test-${randomUUID()}}`);
  }
  const url = await createDatabase(servers.postgresAdminUrl, true);
  return createBed({ type, url });
}

/** The role's rights are those of production: it owns its schema and nothing else. */
export async function createDatabase(adminUrl: string, migrated: boolean): Promise<string> {
  const name = `queue_test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  url.username = role;
  url.password = role;
  await withClient(adminUrl, async client => {
    await client
      .query(`create role ${role} login password '${role}'`)
      .catch(error => (['42710', '23505'].includes(error.code) ? undefined : Promise.reject(error)));
    await client.query(`create database ${name}`);
    if (migrated) await client.query(`grant create on database ${name} to ${role}`);
  });
  if (migrated) {
    await migrateQueue(url.href);
    await withClient(adminUrl, client => client.query(`revoke create on database ${name} from ${role}`));
  }
  return url.href;
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Ends every connection to this database from the server's side. */
export async function cutPostgres(url: string, adminUrl: string): Promise<void> {
  const database = new URL(url).pathname.slice(1);
  await withClient(adminUrl, client =>
    client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [database]),
  );
}

/** Ends every connection to this Redis from the server's side. */
export async function cutRedis(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  redis.disconnect();
}

async function readFailed(connection: QueueConnection, prefix: string): Promise<Job[]> {
  if (connection.type === 'postgres') {
    const pool = new pg.Pool({ connectionString: connection.url, options: '-c search_path=bullmq' });
    const queue = new BullQueue(queueName, { connection: pool }, createPostgresBackend);
    const jobs = await queue.getFailed();
    await pool.end();
    return jobs;
  }
  const redis = new Redis(connection.url, { maxRetriesPerRequest: null });
  const queue = new BullQueue(queueName, { connection: redis, prefix }, createRedisBackend);
  const jobs = await queue.getFailed();
  await queue.close();
  redis.disconnect();
  return jobs;
}

/** Waits until the condition holds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}.`);
    await pause(10);
  }
}

export const pause = (durationMs: number) => new Promise<void>(resolve => setTimeout(resolve, durationMs));

/** A promise that is settled from outside. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>(resolve => {
    open = resolve;
  });
  return { opened, open };
}
