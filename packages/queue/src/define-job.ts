import type * as z from 'zod';

/** How long to wait between attempts: always `delayMs`, or `delayMs`, twice that, four times that, … */
export interface Backoff {
  type: 'exponential' | 'fixed';
  delayMs: number;
}

/** One kind of job, declared once and shared by those who enqueue it and the worker that runs it. */
export interface JobDefinition<Name extends string, Payload> {
  name: Name;
  /** Ids only, never secrets: payloads lie in Redis in clear text. Parsed before it is added and again in the worker. */
  payload: z.ZodType<Payload>;
  /** How often it is tried before it counts as failed, the first time included. Crashes of a worker do not count. */
  attempts: number;
  backoff: Backoff;
  /**
   * Two waiting jobs of this kind with the same answer become one. A nudge that arrives while its like is running
   * runs once more afterwards. It saves work and is never what correctness rests on.
   */
  deduplicate?(payload: Payload): string;
}

export type AnyJob = JobDefinition<string, unknown>;

export type PayloadOf<Job extends AnyJob> = Job extends JobDefinition<string, infer Payload> ? Payload : never;

/** What a handler is told about the run it is in. */
export interface JobContext {
  jobId: string;
  name: string;
  /** 1 for the first try. A try that ended with its worker's death is not counted. */
  attempt: number;
  /** Aborted when the worker stops and the job has nearly used up the time it was given to finish. */
  signal: AbortSignal;
}

/** What became of a job, in a word (`refreshed`, `gone`), with details for the log where they help. */
export type JobOutcome = string | { outcome: string; [detail: string]: unknown };

export type JobHandler<Payload> = (payload: Payload, context: JobContext) => Promise<JobOutcome>;

/** One handler per job of the list. Written with `satisfies`, a missing handler does not compile. */
export type JobHandlers<Jobs extends readonly AnyJob[]> = {
  [Job in Jobs[number] as Job['name']]: JobHandler<PayloadOf<Job>>;
};

/**
 * Declares a job.
 *
 * @throws Error when the figures make no sense: a declaration is code, so this is seen at the first start.
 */
export function defineJob<const Name extends string, Schema extends z.ZodType>(definition: {
  name: Name;
  payload: Schema;
  attempts: number;
  backoff: Backoff;
  deduplicate?(payload: z.output<Schema>): string;
}): JobDefinition<Name, z.output<Schema>> {
  const { name, attempts, backoff } = definition;
  if (!/^[a-z][a-zA-Z0-9._-]*$/.test(name)) throw new Error(`A job's name is like "webhooks.drain", not "${name}".`);
  if (!Number.isInteger(attempts) || attempts < 1) throw new Error(`${name}: attempts must be a whole number from 1.`);
  if (!(backoff.delayMs >= 0)) throw new Error(`${name}: backoff.delayMs must not be negative.`);
  return definition as JobDefinition<Name, z.output<Schema>>;
}
