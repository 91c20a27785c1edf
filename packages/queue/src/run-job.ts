import type { Log } from '@pagekeeper/runtime/log';
import { type Job, UnrecoverableError } from 'bullmq';
import type { AnyJob, JobHandler, JobOutcome } from './define-job.ts';
import { withoutContents } from './failure.ts';
import type { Process } from './patient-worker.ts';
import { parsePayload } from './payload.ts';

export type Handler = JobHandler<unknown>;

/** One run, for metrics. `outcome` is the handler's, or `retried`, or `failed` when no attempt is left. */
export interface JobRecord {
  name: string;
  outcome: string;
  durationMs: number;
}

interface Runs {
  process: Process;
  /** The names and ids of the jobs that run now. */
  active(): { job: string; jobId: string }[];
}

/** What BullMQ calls for each job: parse again, hand to the handler, log the outcome. */
export function createProcess(options: {
  jobs: readonly AnyJob[];
  handlers: Readonly<Record<string, Handler>>;
  log: Log;
  onJob: ((record: JobRecord) => void) | undefined;
}): Runs {
  const definitions = new Map(options.jobs.map(job => [job.name, job]));
  const active = new Set<Job<unknown, string>>();

  const record = (job: Job<unknown, string>, startedAt: number, result: JobOutcome, error?: Error) => {
    const durationMs = Math.round(performance.now() - startedAt);
    const details = typeof result === 'string' ? { outcome: result } : result;
    const line = { ...details, job: job.name, jobId: job.id, attempt: job.attemptsMade + 1, durationMs };
    if (error) options.log.warn({ ...line, err: error }, 'job did not succeed');
    else options.log.info(line, 'job done');
    options.onJob?.({ name: job.name, outcome: details.outcome, durationMs });
  };

  const process: Process = async (job, _token, signal) => {
    const startedAt = performance.now();
    active.add(job);
    try {
      const result = await handle(job, definitions.get(job.name), signal ?? new AbortController().signal);
      record(job, startedAt, result);
      return typeof result === 'string' ? result : result.outcome;
    } catch (error) {
      const failure = storable(error, job.data);
      const last = failure instanceof UnrecoverableError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
      record(job, startedAt, last ? 'failed' : 'retried', failure);
      throw failure;
    } finally {
      active.delete(job);
    }
  };

  const handle = async (job: Job<unknown, string>, definition: AnyJob | undefined, signal: AbortSignal) => {
    const handler = options.handlers[job.name];
    // A job of a newer release that is just being rolled out: leave it to that release, by a later attempt.
    if (!definition || !handler) throw new Error(`No handler for job ${job.name} in this release.`);
    const payload = parseForGood(definition, job.data);
    return handler(payload, { jobId: job.id ?? '', name: job.name, attempt: job.attemptsMade + 1, signal });
  };

  return { process, active: () => [...active].map(job => ({ job: job.name, jobId: job.id ?? '' })) };
}

/** A payload that does not fit will not fit at the next attempt either. */
function parseForGood(definition: AnyJob, data: unknown): unknown {
  try {
    return parsePayload(definition, data);
  } catch (error) {
    throw new UnrecoverableError(error instanceof Error ? error.message : 'The payload does not fit.');
  }
}

/** BullMQ stores message and stack for days, and logs of every kind pick them up. */
function storable(error: unknown, payload: unknown): Error {
  const clean = withoutContents(error, payload);
  if (!(error instanceof UnrecoverableError)) return clean;
  const final = new UnrecoverableError(clean.message);
  final.stack = clean.stack ?? '';
  return final;
}
