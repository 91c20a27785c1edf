import type { Jobs } from './broker.ts';
import { stringsIn } from './payload.ts';

/** What {@link forgetJobs} did. */
export interface Forgotten {
  removed: number;
  /** Jobs that run now, or more than one call looks through: ask again until it is 0. */
  left: number;
}

/** In the order in which a job goes through them, and what runs now before all: it may come back to wait. */
const states = [
  'active',
  'waiting',
  'prioritized',
  'delayed',
  'waiting-children',
  'active',
  'completed',
  'failed',
] as const;
/** Few enough for one call's time limit where the broker reads them one by one and is busy. */
const pageSize = 100;
/** 50,000 jobs of each kind are looked through. */
const maxPages = 500;

/**
 * Removes every job whose payload has this value in it.
 * @param ask one call of the broker, with its own time limit
 */
export async function forgetJobs(
  value: string,
  ask: <Answer>(work: (jobs: Jobs) => Promise<Answer>) => Promise<Answer>,
): Promise<Forgotten> {
  let removed = 0;
  let left = 0;
  const running = new Set<string | undefined>();
  for (const state of states) {
    const { found, complete } = await find(value, state, ask);
    if (!complete) left += 1;
    for (const job of found) {
      if (state === 'active') running.add(job.id);
      else if (await ask(() => remove(job))) removed += 1;
      else left += 1;
    }
  }
  return { removed, left: left + running.size };
}

type Found = Awaited<ReturnType<Jobs['getJobs']>>[number];

async function find(
  value: string,
  state: (typeof states)[number],
  ask: Parameters<typeof forgetJobs>[1],
): Promise<{ found: Found[]; complete: boolean }> {
  const found: Found[] = [];
  for (let page = 0; page < maxPages; page += 1) {
    const start = page * pageSize;
    const jobs = await ask(each => each.getJobs([state], start, start + pageSize - 1, false));
    // The newest first: workers take the oldest, and the places of the others stay. One that ends between the list and
    // its reading is missing from it.
    found.push(...jobs.filter(job => job && stringsIn(job.data).includes(value)));
    if (jobs.length === 0) return { found, complete: true };
  }
  return { found, complete: false };
}

/** False when a worker took the job meanwhile. */
async function remove(job: Found): Promise<boolean> {
  try {
    await job.remove();
    return true;
  } catch {
    return false;
  }
}
