import type { Jobs } from './broker.ts';

/** A job that has no attempt left, as people may see it. */
export interface FailedJob {
  id: string;
  name: string;
  /** What in its payload is an id: the rest, if there ever is any, is nobody's to read. */
  ids: Record<string, string>;
  attempts: number;
  /** Name and message of the last error, as they were stored: without tokens and contents. */
  reason: string;
  failedAt: Date;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const maxReason = 500;

/** Failed jobs, the last one first. @param offset how many to pass over */
export async function listFailedJobs(jobs: Jobs, offset: number, limit: number): Promise<FailedJob[]> {
  const found = await jobs.getJobs(['failed'], offset, offset + limit - 1, false);
  // Somebody may have taken one out between the list and its reading.
  return found.filter(job => job?.id !== undefined).map(show);
}

function show(job: Awaited<ReturnType<Jobs['getJobs']>>[number]): FailedJob {
  return {
    id: job.id!,
    name: job.name,
    ids: idsIn(job.data),
    attempts: job.attemptsMade,
    reason: (job.failedReason ?? '').slice(0, maxReason),
    failedAt: new Date(job.finishedOn ?? job.timestamp),
  };
}

function idsIn(payload: unknown): Record<string, string> {
  if (typeof payload !== 'object' || payload === null) return {};
  return Object.fromEntries(
    Object.entries(payload).filter(([, value]) => typeof value === 'string' && uuidPattern.test(value)),
  );
}

/**
 * Puts a failed job back to those that wait, for one more try. One that is not failed any more is left as it is: who
 * asks twice gets the same.
 * @returns false where no job has this id
 */
export async function retryFailedJob(jobs: Jobs, id: string): Promise<boolean> {
  const job = await jobs.getJob(id);
  if (!job) return false;
  try {
    if (await job.isFailed()) await job.retry('failed');
  } catch (error) {
    // Somebody else pressed the button at the same moment.
    if (await job.isFailed()) throw error;
  }
  return true;
}
