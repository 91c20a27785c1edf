import type { Services } from '../context.ts';
import { tellOfMoveJob } from '../jobs.ts';
import { asSystem } from '../tenancy/doors.ts';
import type { MovedPage } from './take-over-page.ts';

const batch = 500;

/** Finds pages that were taken over, whose people were not told: a lost nudge. @returns how many */
export async function sweepMoves({ database, queue }: Pick<Services, 'database' | 'queue'>): Promise<number> {
  const untold = await asSystem<MovedPage>(database, 'moved_pages', batch);
  await queue.enqueueMany(tellOfMoveJob, untold);
  return untold.length;
}
