import { createHash } from 'node:crypto';
import type { JobsOptions } from 'bullmq';
import type { AnyJob } from './define-job.ts';

/** Finished jobs are kept only to look at. By default BullMQ keeps them for ever. */
const keepCompleted = { age: 3_600, count: 500 };
const keepFailed = { age: 7 * 86_400, count: 1_000 };

/** The options a job's declaration stands for. */
export function optionsOf(job: AnyJob): JobsOptions {
  return {
    attempts: job.attempts,
    backoff: { type: job.backoff.type, delay: job.backoff.delayMs },
    removeOnComplete: keepCompleted,
    removeOnFail: keepFailed,
    stackTraceLimit: 1,
  };
}

/**
 * The options of one job that is added now.
 *
 * Delayed jobs are deduplicated per second in which they are due and apart from immediate ones: otherwise a nudge
 * for now would be swallowed by one for later.
 */
export function optionsFor(job: AnyJob, payload: unknown, delayMs: number): JobsOptions {
  const options = optionsOf(job);
  const key = job.deduplicate?.(payload);
  if (key === undefined) return delayMs > 0 ? { ...options, delay: delayMs } : options;
  if (delayMs <= 0) return { ...options, deduplication: coalescing(job.name, key, 'now') };
  const nowMs = Date.now();
  const dueSecond = Math.ceil((nowMs + delayMs) / 1_000);
  return {
    ...options,
    delay: dueSecond * 1_000 - nowMs,
    deduplication: coalescing(job.name, key, String(dueSecond)),
  };
}

/**
 * The options of one of many that begin at a pace. Apart from the delay they are like those of a job that is added
 * now, but for the key: who asks for the same at once does not wait for it, and what is added again every minute
 * while no worker runs does not pile up.
 */
export function pacedOptionsFor(job: AnyJob, payload: unknown, delayMs: number): JobsOptions {
  const key = job.deduplicate?.(payload);
  const options = { ...optionsOf(job), delay: delayMs };
  return key === undefined ? options : { ...options, deduplication: coalescing(job.name, key, 'paced') };
}

/**
 * `keepLastIfActive`: without it a nudge that arrives while its like is active is dropped, although the running job
 * may already have looked.
 */
function coalescing(name: string, key: string, due: string): JobsOptions['deduplication'] {
  const id = createHash('sha256').update([name, due, key].join('\0')).digest('hex');
  return { id, keepLastIfActive: true };
}
