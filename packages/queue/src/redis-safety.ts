import type { Log } from '@pagekeeper/runtime/log';
import { Redis } from 'ioredis';
import { faultCode, QueueError, QueueUnavailableError } from './errors.ts';
import { within } from './within.ts';

const timeoutMs = 5_000;

/** BullMQ's recommendation: before it, some of its commands are slow or missing. */
const oldest = [6, 2] as const;

/**
 * Looks whether this Redis is new enough, and whether it may throw keys away when its memory is full. That loses jobs
 * silently, so in production the process must not start; in development it is a warning. (BullMQ itself only warns.)
 *
 * @throws QueueError when it is older than 6.2, and in production when `maxmemory-policy` is not `noeviction`;
 * QueueUnavailableError within 5 s
 */
export async function checkRedis(url: string, options: { production: boolean; log?: Log }): Promise<void> {
  const { version, policy } = await readSettings(url);
  if (version && isOlder(version)) {
    throw new QueueError(`Redis ${version} is too old: the queue needs ${oldest.join('.')} or newer.`);
  }
  if (policy === 'noeviction') return;
  // A managed Redis may hide it; then nothing can be proved, and refusing would make it unusable.
  if (policy === undefined) {
    options.log?.warn('Redis does not tell its maxmemory-policy: make sure that it is "noeviction".');
    return;
  }
  const sentence = `Redis may evict jobs: set its maxmemory-policy to "noeviction" (it is "${policy}").`;
  if (options.production) throw new QueueError(sentence);
  options.log?.warn(sentence);
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
}

async function readSettings(url: string): Promise<{ version: string | undefined; policy: string | undefined }> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: timeoutMs });
  // The rejected command tells; ioredis prints errors that nobody hears.
  redis.on('error', () => {});
  try {
    // Not CONFIG GET, which managed services forbid.
    const info = await within(timeoutMs, 'ask Redis for its settings', redis.info());
    return {
      version: /^redis_version:(\d+\.\d+[\d.]*)/m.exec(info)?.[1],
      policy: /^maxmemory_policy:(\S+)/m.exec(info)?.[1],
    };
  } catch (error) {
    if (error instanceof QueueError) throw error;
    throw new QueueUnavailableError('ask Redis for its settings', faultCode(error));
  } finally {
    redis.disconnect();
  }
}
