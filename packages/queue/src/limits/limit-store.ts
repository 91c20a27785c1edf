import type { Log } from '@pagekeeper/runtime/log';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import type { Broker } from '../broker.ts';
import { faultCode } from '../errors.ts';
import { within } from '../within.ts';
import { limitTable } from './limit-table.ts';

/** How often something was counted in its window, and how long the window lasts. */
export interface Count {
  count: number;
  msLeft: number;
}

/** Counters that all processes share. A window begins with its first point and ends by itself. */
export interface LimitStore {
  /** Adds points (or takes some back) and gives the sum. `seconds` is the length of a window that begins now. */
  count(key: string, points: number, seconds: number): Promise<Count>;
  /** The same without counting; zero for a key that nobody counted. */
  peek(key: string): Promise<number>;
  forget(key: string): Promise<void>;
}

/** A limit must not hold up what it limits. */
const timeoutMs = 2_000;
const retryAfterMs = 2_000;
/** A window in memory ends by a timer, and what does not fit into one would end at once. No outage lasts as long. */
const longestInMemorySeconds = 24 * 86_400;

/**
 * Counters in the queue's broker. While that is away they are kept in this process's memory, which the log is told
 * once: a limit that is a little loose is better than a service that is down.
 */
export function createLimitStore(broker: Broker, log: Log): LimitStore {
  const shared = openShared(broker);
  const memory = new RateLimiterMemory(options);
  let isAway = false;
  let askAgainAt = 0;

  const ask = async <Answer>(work: (counters: Counters) => Promise<Answer>): Promise<Answer> => {
    if (Date.now() < askAgainAt) return await work(memory);
    try {
      const answer = await within(timeoutMs, 'count', work(shared));
      if (isAway) log.info('limits are counted in the store again');
      isAway = false;
      return answer;
    } catch (error) {
      if (!isAway) log.warn({ code: faultCode(error) }, 'limits are counted in memory until their store answers');
      isAway = true;
      askAgainAt = Date.now() + retryAfterMs;
      return await work(memory);
    }
  };

  return {
    count: (key, points, seconds) =>
      ask(async counters => {
        const customDuration = counters === memory ? Math.min(seconds, longestInMemorySeconds) : seconds;
        // Its word for counting without refusing: who is refused is decided by the callers.
        const counted = await counters.penalty(key, points, { customDuration });
        return { count: counted.consumedPoints, msLeft: Math.max(counted.msBeforeNext, 0) };
      }),
    peek: key => ask(async counters => (await counters.get(key))?.consumedPoints ?? 0),
    forget: key => ask(async counters => void (await counters.delete(key))),
  };
}

type Counters = Pick<RateLimiterRedis, 'penalty' | 'get' | 'delete'>;

// The library asks for a limit and a window; ours come with each count.
const options = { points: 1, duration: 1, keyPrefix: '' };

function openShared(broker: Broker): Counters {
  if (broker.type === 'redis') {
    const keyPrefix = `${broker.prefix}:limit`;
    return new RateLimiterRedis({ ...options, storeClient: broker.redis, keyPrefix, rejectIfRedisNotReady: true });
  }
  return new RateLimiterPostgres({
    ...options,
    storeClient: broker.pool,
    storeType: 'pool',
    tableName: limitTable,
    tableCreated: true,
  });
}
