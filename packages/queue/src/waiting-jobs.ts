import type { Broker, Jobs } from './broker.ts';

/** Jobs of one kind that wait for a worker. */
export interface WaitingJobs {
  name: string;
  count: number;
  /** Since when the oldest of them could have run, in milliseconds of the epoch. */
  sinceMs: number;
}

const maxRead = 200;

/** What waits, by kind: of the jobs that wait longest, so that a backlog costs no more to look at. */
export async function readWaitingJobs(jobs: Jobs, backend: Broker['type']): Promise<WaitingJobs[]> {
  const { waiting = 0 } = await jobs.getJobCounts('waiting');
  // On Postgres BullMQ lists the newest first, whatever it is asked for.
  const start = backend === 'postgres' ? Math.max(0, waiting - maxRead) : 0;
  const kinds = new Map<string, WaitingJobs>();
  for (const job of await jobs.getJobs(['waiting'], start, start + maxRead - 1, true)) {
    // A job that begins between the list and its reading may be missing from it.
    if (!job) continue;
    // Made, delayed, and perhaps tried before: since the last of these it waits for a worker.
    const sinceMs = Math.max(job.timestamp + (job.opts.delay ?? 0), job.processedOn ?? 0);
    const kind = kinds.get(job.name) ?? { name: job.name, count: 0, sinceMs };
    kinds.set(job.name, { ...kind, count: kind.count + 1, sinceMs: Math.min(kind.sinceMs, sinceMs) });
  }
  return [...kinds.values()];
}
