import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { unsubscribePageJob } from '../jobs.ts';
import { asSystem } from '../tenancy/doors.ts';

/** More than this at once waits for the next sweep. */
const batch = 1_000;

/** Enqueues a job for every page that our app is to be taken off now: after a deactivation, a lost nudge, a failure. */
export async function sweepUnsubscriptions({ database, queue }: Pick<Services, 'database' | 'queue'>): Promise<number> {
  const due = await asSystem<{ organization_id: Uuid; unsubscription_id: Uuid }>(
    database,
    'due_unsubscriptions',
    batch,
  );
  await queue.enqueueMany(unsubscribePageJob, due);
  return due.length;
}
