import { inTime } from '@pagekeeper/runtime/in-time';
import { QueueUnavailableError } from './errors.ts';

const late = Symbol('late');

/**
 * The promise's result, if it comes in time.
 *
 * @throws {@link QueueUnavailableError} with the code `timeout` otherwise; what was started goes on unobserved
 */
export async function within<Result>(timeoutMs: number, action: string, work: Promise<Result>): Promise<Result> {
  const result = await inTime(work, timeoutMs, late);
  if (result === late) throw new QueueUnavailableError(action, 'timeout');
  return result as Result;
}

/** Whether the promise settled, either way, before the time was over. */
export async function settledWithin(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  return (await inTime(Promise.allSettled([work]), timeoutMs, late)) !== late;
}
