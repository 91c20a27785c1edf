import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { refreshLoginJob } from '../jobs.ts';
import { asSystem } from '../tenancy/doors.ts';

/** More than this at once waits for the next minute. */
const batch = 500;

/** Enqueues a check for every login with a page that is due. Cost follows what is due, not what exists. */
export async function sweepLogins({ database, queue }: Pick<Services, 'database' | 'queue'>): Promise<number> {
  const due = await asSystem<{ organization_id: Uuid; login_id: Uuid }>(database, 'due_logins', batch);
  await queue.enqueueMany(refreshLoginJob, due);
  return due.length;
}
