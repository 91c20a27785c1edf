import type { Broker, Jobs } from './broker.ts';
import { maxRead, readLongestWaiting, waitingSinceMs } from './waiting-jobs.ts';

export interface JobCounts {
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
}

/** What is in the queue, for those who run the system. */
export interface QueueSurvey extends JobCounts {
  backend: Broker['type'];
  /** The same by kind of job, sorted by name. Of each state the oldest are looked at. */
  kinds: (JobCounts & { name: string })[];
  /** False where there is more than was looked at: `kinds` are then too small. */
  isComplete: boolean;
  /** Since when the job that waits longest could have run; null where none waits. */
  waitingSince: Date | null;
}

const states = ['waiting', 'active', 'delayed', 'failed'] as const;

/** How many jobs there are in each state; schedules have one delayed job each. */
export async function countJobs(jobs: Jobs): Promise<JobCounts> {
  const counts = await jobs.getJobCounts(...states);
  return Object.fromEntries(states.map(state => [state, counts[state] ?? 0])) as unknown as JobCounts;
}

/**
 * Counts the jobs, and reads the oldest of each state to tell what they are. Changes nothing.
 * @param ask one call of the broker, with its own time limit
 */
export async function surveyJobs(
  ask: <Answer>(work: (jobs: Jobs) => Promise<Answer>) => Promise<Answer>,
  backend: Broker['type'],
): Promise<QueueSurvey> {
  const counts = await ask(countJobs);
  const kinds = new Map<string, JobCounts>();
  let sinceMs = Number.POSITIVE_INFINITY;
  for (const state of states) {
    if (counts[state] === 0) continue;
    const read = (jobs: Jobs) =>
      state === 'waiting' ? readLongestWaiting(jobs, backend) : jobs.getJobs([state], 0, maxRead - 1, true);
    for (const job of await ask(read)) {
      // A job that ends between the list and its reading is missing from it.
      if (!job) continue;
      const kind = kinds.get(job.name) ?? { waiting: 0, active: 0, delayed: 0, failed: 0 };
      kind[state] += 1;
      kinds.set(job.name, kind);
      if (state === 'waiting') sinceMs = Math.min(sinceMs, waitingSinceMs(job));
    }
  }
  return {
    backend,
    ...counts,
    kinds: [...kinds].map(([name, of]) => ({ name, ...of })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    isComplete: states.every(state => counts[state] <= maxRead),
    waitingSince: Number.isFinite(sinceMs) ? new Date(sinceMs) : null,
  };
}
