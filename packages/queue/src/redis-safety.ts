import type { Log } from '@pagekeeper/runtime/log';
import { type Cluster, Redis } from 'ioredis';
import type { QueueConnection } from './broker.ts';
import { faultCode, QueueError, QueueUnavailableError } from './errors.ts';
import { openCluster } from './open-cluster.ts';
import { within } from './within.ts';

const timeoutMs = 5_000;

/** BullMQ's recommendation: before it, some of its commands are slow or missing. */
const oldest = [6, 2] as const;

type RedisConnection = Omit<Extract<QueueConnection, { type: 'redis' }>, 'type'>;

interface Settings {
  /** Which node of a cluster, for the sentence; empty where there is just one. */
  at: string;
  version: string | undefined;
  policy: string | undefined;
}

/**
 * Looks whether this Redis is new enough, and whether it may throw keys away when its memory is full. That loses jobs
 * silently, so in production the process must not start; in development it is a warning. (BullMQ itself only warns.)
 * Of a cluster every master is looked at: each has settings of its own, and after a move of slots the queue may lie on any.
 *
 * @throws QueueError when one is older than 6.2, and in production when its `maxmemory-policy` is not `noeviction`;
 * QueueUnavailableError within 5 s
 */
export async function checkRedis(
  connection: RedisConnection,
  options: { production: boolean; log?: Log },
): Promise<void> {
  for (const settings of await readSettings(connection)) judge(settings, options);
}

function judge({ at, version, policy }: Settings, options: { production: boolean; log?: Log }): void {
  if (version && isOlder(version)) {
    throw new QueueError(`Redis ${version}${at} is too old: the queue needs ${oldest.join('.')} or newer.`);
  }
  if (policy === 'noeviction') return;
  // A managed Redis may hide it; then nothing can be proved, and refusing would make it unusable.
  if (policy === undefined) {
    options.log?.warn(`Redis${at} does not tell its maxmemory-policy: make sure that it is "noeviction".`);
    return;
  }
  const sentence = `Redis${at} may evict jobs: set its maxmemory-policy to "noeviction" (it is "${policy}").`;
  if (options.production) throw new QueueError(sentence);
  options.log?.warn(sentence);
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
}

async function readSettings({ url, isCluster = false }: RedisConnection): Promise<Settings[]> {
  const options = { lazyConnect: true, connectTimeout: timeoutMs };
  const redis = isCluster
    ? // Which nodes there are is all that is asked of the cluster: one that is not whole can tell that too.
      openCluster(url, options, { lazyConnect: true, enableReadyCheck: false, clusterRetryStrategy: () => null })
    : new Redis(url, { ...options, retryStrategy: () => null });
  // The rejected command tells; ioredis prints errors that nobody hears.
  redis.on('error', () => {});
  try {
    return await within(timeoutMs, 'ask Redis for its settings', askEach(redis));
  } catch (error) {
    if (error instanceof QueueError) throw error;
    throw new QueueUnavailableError('ask Redis for its settings', faultCode(error));
  } finally {
    redis.disconnect();
  }
}

async function askEach(redis: Redis | Cluster): Promise<Settings[]> {
  if (redis instanceof Redis) return [settingsIn(await redis.info())];
  await redis.connect();
  return await Promise.all(
    redis
      .nodes('master')
      .map(async node => settingsIn(await node.info(), ` at ${node.options.host}:${node.options.port}`)),
  );
}

/** Not CONFIG GET, which managed services forbid. */
const settingsIn = (info: string, at = ''): Settings => ({
  at,
  version: /^redis_version:(\d+\.\d+[\d.]*)/m.exec(info)?.[1],
  policy: /^maxmemory_policy:(\S+)/m.exec(info)?.[1],
});
