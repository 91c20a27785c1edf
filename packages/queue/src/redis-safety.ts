import type { Log } from '@pagekeeper/runtime/log';
import { Redis } from 'ioredis';
import { faultCode, QueueError, QueueUnavailableError } from './errors.ts';
import { within } from './within.ts';

const timeoutMs = 5_000;

/**
 * Looks whether this Redis may throw keys away when its memory is full. That loses jobs silently, so in production
 * the process must not start; in development it is a warning. (BullMQ itself only warns.)
 *
 * @throws QueueError in production when `maxmemory-policy` is not `noeviction`; QueueUnavailableError within 5 s
 */
export async function checkRedis(url: string, options: { production: boolean; log?: Log }): Promise<void> {
  const policy = await readPolicy(url);
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

async function readPolicy(url: string): Promise<string | undefined> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: timeoutMs });
  // The rejected command tells; ioredis prints errors that nobody hears.
  redis.on('error', () => {});
  try {
    // Not CONFIG GET, which managed services forbid.
    const info = await within(timeoutMs, 'ask Redis for its settings', redis.info('memory'));
    return /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  } catch (error) {
    if (error instanceof QueueError) throw error;
    throw new QueueUnavailableError('ask Redis for its settings', faultCode(error));
  } finally {
    redis.disconnect();
  }
}
