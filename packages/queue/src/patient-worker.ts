import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionOptions, IQueueBackend, JobProgress } from 'bullmq';
import { createPostgresBackend, createRedisBackend, type Processor, Worker, type WorkerOptions } from 'bullmq';
import { type Broker, queueName } from './broker.ts';
import type { ReportError } from './report-errors.ts';

const pauseMs = 500;

/**
 * BullMQ's worker asks again at once when the broker *answers* with an error (Postgres shutting down, Redis out of
 * memory): a loop that burns a core and fills the log. This one draws breath first.
 */
class PatientWorker<Backend extends IQueueBackend, Connection = ConnectionOptions> extends Worker<
  unknown,
  string,
  string,
  Backend,
  JobProgress,
  Connection
> {
  protected override async moveToActive(token: string, name?: string) {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      await sleep(pauseMs);
      throw error;
    }
  }
}

/** What is used of BullMQ's worker, whichever the backend. */
export type BullWorker = Pick<Worker, 'run' | 'waitUntilReady' | 'cancelAllJobs' | 'close' | 'disconnect'>;

export type Process = Processor<unknown, string, string>;

/** A worker that does not run yet, with the settings of this package. */
export function openWorker(broker: Broker, process: Process, concurrency: number, report: ReportError): BullWorker {
  const settings = {
    autorun: false,
    concurrency,
    // A killed worker's job is found after its lock has run out, at the second look: 15 to 30 s. The defaults take 61.
    lockDuration: 15_000,
    stalledInterval: 7_500,
    // With the default of 1 two unlucky deployments lose a job, whatever its `attempts` says. Not endless, for a job
    // that kills its process must come to an end.
    maxStalledCount: 25,
    // How long to wait when the broker refuses the connection; 15 s by default.
    runRetryDelay: 1_000,
  } satisfies Partial<WorkerOptions>;
  const worker =
    broker.type === 'redis'
      ? listening(
          new PatientWorker(
            queueName,
            process,
            { ...settings, connection: broker.redis, prefix: broker.prefix },
            createRedisBackend,
          ),
          report,
        )
      : listening(
          new PatientWorker(queueName, process, { ...settings, connection: broker.pool }, createPostgresBackend),
          report,
        );
  return worker;
}

function listening<Emitter extends { on(event: 'error', listener: ReportError): unknown }>(
  worker: Emitter,
  report: ReportError,
): Emitter {
  worker.on('error', report);
  return worker;
}
