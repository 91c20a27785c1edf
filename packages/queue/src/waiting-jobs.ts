import type { Broker, Jobs } from './broker.ts';

/** Jobs of one kind that wait for a worker. */
export interface WaitingJobs {
  name: string;
  count: number;
  /** Since when the oldest of them could have run, in milliseconds of the epoch. */
  sinceMs: number;
}

/** How many of a state are read to tell what they are: a backlog costs no more to look at. */
export const maxRead = 200;

export type FoundJob = Awaited<ReturnType<Jobs['getJobs']>>[number];

/** The jobs that wait longest. */
export async function readLongestWaiting(jobs: Jobs, backend: Broker['type']): Promise<FoundJob[]> {
  const { waiting = 0 } = await jobs.getJobCounts('waiting');
  // On Postgres BullMQ lists the newest first, whatever it is asked for.
  const start = backend === 'postgres' ? Math.max(0, waiting - maxRead) : 0;
  const found = await jobs.getJobs(['waiting'], start, start + maxRead - 1, true);
  // A job that begins between the list and its reading may be missing from it.
  return found.filter(job => job);
}

/** Made, delayed, and perhaps tried before: since the last of these a job waits for a worker. */
export const waitingSinceMs = ({ timestamp, opts, processedOn }: FoundJob): number =>
  Math.max(timestamp + (opts.delay ?? 0), processedOn ?? 0);

/** What waits, by kind. */
export async function readWaitingJobs(jobs: Jobs, backend: Broker['type']): Promise<WaitingJobs[]> {
  const kinds = new Map<string, WaitingJobs>();
  for (const job of await readLongestWaiting(jobs, backend)) {
    const sinceMs = waitingSinceMs(job);
    const kind = kinds.get(job.name) ?? { name: job.name, count: 0, sinceMs };
    kinds.set(job.name, { ...kind, count: kind.count + 1, sinceMs: Math.min(kind.sinceMs, sinceMs) });
  }
  return [...kinds.values()];
}
