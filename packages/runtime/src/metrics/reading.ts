import { inTime } from '../in-time.ts';

/** What is known of something that costs to find out: the last value, null where there is none. */
export type Reading<Value> = () => Promise<Value | null>;

/**
 * Finds it out when it is asked for, one at a time, and not again for a while: many who ask cost no more than one. Who
 * asks waits no longer than the time limit, and is told null where it took longer or failed.
 */
export function createReading<Value>(
  read: () => Promise<Value>,
  { freshMs, timeoutMs }: { freshMs: number; timeoutMs: number },
): Reading<Value> {
  let last: { value: Value | null; at: number } | undefined;
  let running: Promise<Value | null> | undefined;

  const run = async (): Promise<Value | null> => {
    const value = await read().catch(() => null);
    last = { value, at: performance.now() };
    running = undefined;
    return value;
  };

  return async () => {
    if (last && performance.now() - last.at < freshMs) return last.value;
    running ??= run();
    return await inTime(running, timeoutMs, null);
  };
}
