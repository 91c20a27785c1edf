import type { Log } from '@pagekeeper/runtime/log';
import { type Jobs, openBroker, openLazily, type QueueConnection } from './broker.ts';
import type { JobDefinition } from './define-job.ts';
import { faultCode, QueueError, QueueUnavailableError } from './errors.ts';
import { type FailedJob, listFailedJobs, retryFailedJob } from './failed-jobs.ts';
import { type Forgotten, forgetJobs } from './forget-jobs.ts';
import { optionsFor, pacedOptionsFor } from './job-options.ts';
import { createLimitStore, type LimitStore } from './limits/limit-store.ts';
import { parsePayload } from './payload.ts';
import { createErrorReport } from './report-errors.ts';
import { countJobs, type JobCounts, type QueueSurvey, surveyJobs } from './survey-jobs.ts';
import { readWaitingJobs, type WaitingJobs } from './waiting-jobs.ts';
import { settledWithin, within } from './within.ts';

export type { QueueConnection } from './broker.ts';
export type { FailedJob } from './failed-jobs.ts';
export type { JobCounts, QueueSurvey } from './survey-jobs.ts';
export type { WaitingJobs } from './waiting-jobs.ts';

/** What a producer can do. All reject with a QueueError, which holds no payload. */
export interface Queue {
  /**
   * Adds one job. A nudge: call it after the commit, and let a sweep find the rows whose nudge was lost.
   *
   * @throws InvalidPayloadError before anything is sent; QueueUnavailableError within about 2 s
   */
  enqueue<Payload>(
    job: JobDefinition<string, Payload>,
    payload: NoInfer<Payload>,
    options?: { delayMs?: number },
  ): Promise<void>;
  /**
   * Adds many jobs of one kind, 500 per round trip. All payloads are checked first; a fault can leave earlier chunks added.
   * @param options.perSecond so many of them may begin in each second from now on, and other jobs come to their turn between
   * them; those that wait since an earlier call stay as they are. On Postgres what is late stands before what came after it
   */
  enqueueMany<Payload>(
    job: JobDefinition<string, Payload>,
    payloads: readonly NoInfer<Payload>[],
    options?: { perSecond?: number },
  ): Promise<void>;
  /**
   * Removes every job whose payload has this id in it: waiting, delayed, completed and failed ones. What runs now is
   * left, and counted: ask again until nothing is.
   */
  forget(id: string): Promise<Forgotten>;
  /** How many jobs there are; schedules have one delayed job each. */
  counts(): Promise<JobCounts>;
  /** What is in the queue by kind, and since when the oldest waits. Looks at the oldest of each state. */
  survey(): Promise<QueueSurvey>;
  /** Failed jobs, the last one first. They are kept for seven days, 1,000 of them at most. */
  failedJobs(page: { offset: number; limit: number }): Promise<FailedJob[]>;
  /** Has a job tried once more if it failed for good. @returns false where no job has this id */
  retry(id: string): Promise<boolean>;
  /** What waits for a worker, by kind, of the 200 jobs that wait longest. */
  waitingJobs(): Promise<WaitingJobs[]>;
  /** Counters for rate limits, in the same broker. They reject with nothing. */
  readonly limits: LimitStore;
  /** For readiness: rejects within about 2 s when the broker does not answer or its schema is missing. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const timeoutMs = 2_000;
const chunkSize = 500;
const closeTimeoutMs = 1_000;

/** A producer. Returns at once; a broker that is away makes calls fail, and it is used again when it comes back. */
export function createQueue(options: { connection: QueueConnection; log: Log; prefix?: string }): Queue {
  const report = createErrorReport(options.log, 'producer');
  const broker = openBroker(options.connection, { patience: 'fail-fast', prefix: options.prefix, report });
  const jobs = openLazily(broker, report);
  let closing: Promise<void> | undefined;

  const ask = async <Answer>(action: string, work: (jobs: Jobs) => Promise<Answer>): Promise<Answer> => {
    if (closing) throw new QueueUnavailableError(action, 'closed');
    try {
      return await within(timeoutMs, action, jobs().then(work));
    } catch (error) {
      if (error instanceof QueueError) throw error;
      throw new QueueUnavailableError(action, faultCode(error));
    }
  };

  return {
    async enqueue(job, payload, { delayMs = 0 } = {}) {
      const data = parsePayload(job, payload);
      await ask('add a job', jobs => jobs.add(job.name, data, optionsFor(job, data, delayMs)));
    },
    async enqueueMany(job, payloads, { perSecond } = {}) {
      const entries = payloads.map((payload, place) => {
        const data = parsePayload(job, payload);
        const opts = perSecond
          ? pacedOptionsFor(job, data, Math.floor(place / perSecond) * 1_000)
          : optionsFor(job, data, 0);
        return { name: job.name, data, opts };
      });
      for (let start = 0; start < entries.length; start += chunkSize) {
        const chunk = entries.slice(start, start + chunkSize);
        await ask('add jobs', jobs => jobs.addBulk(chunk));
      }
    },
    forget: id => forgetJobs(id, work => ask('forget a job', work)),
    limits: createLimitStore(broker, options.log),
    counts: () => ask('count its jobs', countJobs),
    survey: () => surveyJobs(work => ask('survey its jobs', work), broker.type),
    failedJobs: ({ offset, limit }) => ask('list its failed jobs', jobs => listFailedJobs(jobs, offset, limit)),
    retry: id => ask('retry a job', jobs => retryFailedJob(jobs, id)),
    waitingJobs: () => ask('tell its waiting jobs', jobs => readWaitingJobs(jobs, broker.type)),
    async ping() {
      await ask('be reached', () => broker.ping());
    },
    close() {
      closing ??= (async () => {
        // Nothing of ours is in flight any more; what hangs is the connection of a broker that is away.
        await settledWithin(closeTimeoutMs, broker.disconnect());
      })();
      return closing;
    },
  };
}
