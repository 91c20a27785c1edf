import type { Log } from '@pagekeeper/runtime/log';
import { type Broker, openBroker, type QueueConnection } from './broker.ts';
import type { AnyJob, JobHandlers } from './define-job.ts';
import { faultCode, QueueError, QueueUnavailableError } from './errors.ts';
import { type BullWorker, openWorker } from './patient-worker.ts';
import { createErrorReport, type ReportError } from './report-errors.ts';
import { createProcess, type Handler, type JobRecord } from './run-job.ts';
import { keepSchedules, type Schedule } from './schedules.ts';
import { settledWithin, within } from './within.ts';

export type { JobRecord } from './run-job.ts';

export interface RunningWorker {
  /**
   * Takes no more jobs and lets the running ones finish. After three quarters of the time their `signal` is aborted;
   * when the time is over they are given up, and another worker repeats them when their locks have run out.
   * Always resolves, within `deadlineMs` and about half a second.
   */
  close(deadlineMs: number): Promise<void>;
}

export interface WorkerOptions<Jobs extends readonly AnyJob[]> {
  connection: QueueConnection;
  log: Log;
  /** Redis only; `{pagekeeper}` unless told. */
  prefix?: string;
  jobs: Jobs;
  handlers: NoInfer<JobHandlers<Jobs>>;
  schedules: readonly Schedule[];
  /** How many jobs run at once in this process. */
  concurrency: number;
  /** Called after each run, for metrics. */
  onJob?: (record: JobRecord) => void;
  /** How often the schedules are compared with what the broker has; 10 s unless told. */
  scheduleCheckMs?: number;
}

const startTimeoutMs = 10_000;
const disconnectTimeoutMs = 500;

/**
 * Starts a worker. Resolves when it takes jobs and its schedules are written; from then on it recovers by itself
 * from restarts, flushes and lost connections.
 *
 * A job can run twice: a lock is lost when a process is stopped for longer than 15 s, or when clocks differ. Handlers
 * must bear it; what may happen only once is claimed in a table.
 *
 * @throws QueueSchemaError when the database lacks the schema, QueueUnavailableError when nobody answers within 10 s
 */
export async function runWorker<const Jobs extends readonly AnyJob[]>(
  options: WorkerOptions<Jobs>,
): Promise<RunningWorker> {
  const report = createErrorReport(options.log, 'worker');
  const broker = openBroker(options.connection, { patience: 'wait', prefix: options.prefix, report });
  try {
    return await within(startTimeoutMs, 'start its worker', start(options, broker, report));
  } catch (error) {
    await settledWithin(disconnectTimeoutMs, broker.disconnect());
    if (error instanceof QueueError) throw error;
    throw new QueueUnavailableError('start its worker', faultCode(error));
  }
}

async function start<Jobs extends readonly AnyJob[]>(
  options: WorkerOptions<Jobs>,
  broker: Broker,
  report: ReportError,
): Promise<RunningWorker> {
  // Before BullMQ sees the connection: it never recovers from a start that failed.
  await broker.ping();
  const runs = createProcess({
    jobs: options.jobs,
    // By name only from here on: payloads are parsed again.
    handlers: options.handlers as unknown as Record<string, Handler>,
    log: options.log,
    onJob: options.onJob,
  });
  const worker = openWorker(broker, runs.process, options.concurrency, report);
  const schedules = await prepare(options, broker, worker, report).catch(async error => {
    // Its LISTEN would hold the pool open.
    await settledWithin(disconnectTimeoutMs, worker.close(true));
    throw error;
  });
  worker.run().catch(report);

  let closing: Promise<void> | undefined;
  return {
    close(deadlineMs) {
      schedules.stop();
      closing ??= stop(worker, broker, deadlineMs, () => options.log.warn({ jobs: runs.active() }, 'jobs given up'));
      return closing;
    },
  };
}

async function prepare<Jobs extends readonly AnyJob[]>(
  options: WorkerOptions<Jobs>,
  broker: Broker,
  worker: BullWorker,
  report: ReportError,
): Promise<{ stop(): void }> {
  await worker.waitUntilReady();
  const jobs = broker.openJobs(report);
  await jobs.waitUntilReady();
  const { schedules, scheduleCheckMs: checkMs = 10_000 } = options;
  return keepSchedules({ jobs, schedules, checkMs, report });
}

/** BullMQ's own close waits without limit, for jobs and for a broker that is away. */
async function stop(worker: BullWorker, broker: Broker, deadlineMs: number, onGivenUp: () => void): Promise<void> {
  const hurry = setTimeout(() => worker.cancelAllJobs('the worker is stopping'), deadlineMs * 0.75);
  const finished = await settledWithin(deadlineMs, worker.close());
  clearTimeout(hurry);
  if (!finished) {
    onGivenUp();
    worker.cancelAllJobs('the worker has stopped');
    worker.disconnect().catch(() => {});
  }
  await settledWithin(disconnectTimeoutMs, broker.disconnect());
}
