import type { Context } from './context.ts';

/**
 * Extends a lease from time to time, while calls to Facebook take theirs. One that cannot be extended is lost at worst,
 * and whoever holds it looks before each step that counts.
 * @param about what the log line names, should it not be kept
 * @param atMostMs what hangs for longer gives its lease up
 * @returns what ends that
 */
export function keepLease(
  { log }: Pick<Context, 'log'>,
  about: object,
  extend: () => Promise<unknown>,
  { everyMs, atMostMs }: { everyMs: number; atMostMs: number },
): () => void {
  const endsAt = performance.now() + atMostMs;
  let isUnderWay = false;
  const tick = async () => {
    if (isUnderWay || performance.now() > endsAt) return;
    isUnderWay = true;
    try {
      await extend();
    } catch (error) {
      log.debug({ err: error, ...about }, 'a lease was not kept');
    } finally {
      isUnderWay = false;
    }
  };
  const timer = setInterval(() => void tick(), everyMs);
  return () => clearInterval(timer);
}
