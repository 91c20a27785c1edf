import { Queue as BullQueue, createPostgresBackend, createRedisBackend } from 'bullmq';
import { type Cluster, Redis, type RedisOptions } from 'ioredis';
import pg from 'pg';
import { QueueUnavailableError } from './errors.ts';
import { assertMigrated } from './migrate.ts';
import { openCluster } from './open-cluster.ts';
import type { ReportError } from './report-errors.ts';

/**
 * Where the queue lies. Postgres needs a direct connection: LISTEN and the startup options do not pass PgBouncer's
 * transaction mode.
 */
export type QueueConnection =
  | {
      type: 'redis';
      url: string;
      /** The URL is one node of a Redis Cluster, which names the others. */
      isCluster?: boolean;
    }
  | { type: 'postgres'; url: string };

/** One queue for everything: a job's kind is its name. */
export const queueName = 'pagekeeper';

/** The braces are a hash tag: all keys in one slot, so that it also works on Redis Cluster. */
export const defaultPrefix = '{pagekeeper}';

/** The part of BullMQ's queue that is used here; its own type differs by backend. */
export type Jobs = Pick<
  BullQueue<unknown, unknown, string>,
  | 'add'
  | 'addBulk'
  | 'getJob'
  | 'getJobCounts'
  | 'getJobs'
  | 'getJobSchedulers'
  | 'upsertJobScheduler'
  | 'removeJobScheduler'
  | 'waitUntilReady'
  | 'close'
>;

/** A producer gives up at once when the broker is away, a worker waits for it to come back. */
export type Patience = 'fail-fast' | 'wait';

export type Broker = RedisBroker | PostgresBroker;

export interface RedisBroker {
  type: 'redis';
  redis: Redis | Cluster;
  prefix: string;
  /** Known to be disconnected now, as opposed to not connected yet. */
  isDown(): boolean;
  ping(): Promise<void>;
  openJobs(report: ReportError): Jobs;
  /** Lets go of the connection at once. */
  disconnect(): Promise<void>;
}

export interface PostgresBroker {
  type: 'postgres';
  pool: pg.Pool;
  isDown(): boolean;
  ping(): Promise<void>;
  openJobs(report: ReportError): Jobs;
  disconnect(): Promise<void>;
}

const connectTimeoutMs = 2_000;
const retryMs = (tries: number): number => Math.min(50 * 2 ** Math.min(tries, 6), 1_000);
const statementTimeoutMs = 10_000;
// No reader of the event stream here; 10,000 events by default.
const streams = { events: { maxLen: 100 } };

/** Opens the connection. Nothing is awaited: {@link RedisBroker.ping} tells whether somebody answers. */
export function openBroker(
  connection: QueueConnection,
  options: { patience: Patience; prefix?: string | undefined; report: ReportError },
): Broker {
  return connection.type === 'redis'
    ? openRedis(connection, options.prefix ?? defaultPrefix, options.patience, options.report)
    : openPostgres(connection.url, options.patience, options.report);
}

function openRedis(
  { url, isCluster = false }: Extract<QueueConnection, { type: 'redis' }>,
  prefix: string,
  patience: Patience,
  report: ReportError,
): RedisBroker {
  const waits = patience === 'wait';
  const options: RedisOptions = {
    connectionName: 'pagekeeper',
    connectTimeout: connectTimeoutMs,
    keepAlive: 10_000,
    // BullMQ's workers need null; a producer hands the first failure to its caller.
    maxRetriesPerRequest: waits ? null : 0,
    ...(waits ? {} : { commandTimeout: connectTimeoutMs }),
    // After a failover the old primary answers READONLY: connect anew, which finds the new one.
    reconnectOnError: error => error.message.startsWith('READONLY'),
  };
  const redis = isCluster
    ? openCluster(url, options, { enableOfflineQueue: waits, clusterRetryStrategy: retryMs })
    : new Redis(url, { ...options, enableOfflineQueue: waits, retryStrategy: retryMs });
  let down = false;
  redis.on('error', report);
  redis.on('close', () => {
    down = true;
  });
  redis.on('ready', () => {
    down = false;
  });
  return {
    type: 'redis',
    redis,
    prefix,
    isDown: () => down,
    ping: async () => {
      await redis.ping();
    },
    openJobs: onError =>
      listening(new BullQueue(queueName, { connection: redis, prefix, streams }, createRedisBackend), onError),
    disconnect: async () => redis.disconnect(),
  };
}

function openPostgres(url: string, patience: Patience, report: ReportError): PostgresBroker {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'pagekeeper-queue',
    options: '-c search_path=bullmq',
    // A worker's LISTEN holds one for good.
    max: patience === 'wait' ? 6 : 4,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // The server's timeout does not help when the network swallows its answer.
    query_timeout: statementTimeoutMs + 2_000,
  });
  pool.on('error', report);
  // A client that is checked out when its backend dies emits `error` itself; unheard, that ends the process.
  pool.on('connect', client => {
    client.on('error', report);
  });
  let ended: Promise<void> | undefined;
  return {
    type: 'postgres',
    pool,
    isDown: () => false,
    ping: () => assertMigrated(pool),
    openJobs: onError =>
      listening(new BullQueue(queueName, { connection: pool, streams }, createPostgresBackend), onError),
    disconnect: () => {
      ended ??= pool.end();
      return ended;
    },
  };
}

/** Adds the `error` listener without which an EventEmitter throws. */
function listening<Emitter extends Jobs & { on(event: 'error', listener: ReportError): unknown }>(
  jobs: Emitter,
  report: ReportError,
): Jobs {
  jobs.on('error', report);
  return jobs;
}

/**
 * BullMQ's queue, opened when it is first needed. BullMQ remembers a failed start for ever, so a queue whose start
 * failed is thrown away and the next call tries again.
 */
export function openLazily(broker: Broker, report: ReportError): () => Promise<Jobs> {
  let opened: Promise<Jobs> | undefined;
  const open = async (): Promise<Jobs> => {
    // Redis: a queue waits for its connection by itself. Postgres: one clear sentence if the schema is missing.
    if (broker.type === 'postgres') await broker.ping();
    const jobs = broker.openJobs(report);
    try {
      await jobs.waitUntilReady();
    } catch (error) {
      await jobs.close().catch(report);
      throw error;
    }
    return jobs;
  };
  return () => {
    if (broker.isDown()) return Promise.reject(new QueueUnavailableError('be reached', 'disconnected'));
    if (!opened) {
      const attempt = open();
      opened = attempt;
      attempt.catch(() => {
        if (opened === attempt) opened = undefined;
      });
    }
    return opened;
  };
}
