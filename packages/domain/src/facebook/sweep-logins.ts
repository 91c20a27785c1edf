import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { refreshLoginJob } from '../jobs.ts';
import { readAppPause } from '../tenancy/app-pause.ts';
import { asSystem } from '../tenancy/doors.ts';

/** More than this at once waits for the next minute: two million logins a day. */
const batch = 2_000;
/** The batch fills its minute, so that answers and people who wait find their turn between two checks. */
const perSecond = Math.ceil(batch / 60);

/** Enqueues a check for every login with a page that is due. Cost follows what is due, not what exists. */
export async function sweepLogins(
  { database, queue }: Pick<Services, 'database' | 'queue'>,
  appId: string,
): Promise<{ outcome: 'swept' | 'paused'; due: number }> {
  // Everybody waits: calls made while an app is throttled prolong it.
  if (await readAppPause(database, appId, true)) return { outcome: 'paused', due: 0 };
  const due = await asSystem<{ organization_id: Uuid; login_id: Uuid }>(database, 'due_logins', batch);
  const routine = due.map(login => ({ ...login, routine: true }));
  await queue.enqueueMany(refreshLoginJob, routine, { perSecond });
  return { outcome: 'swept', due: due.length };
}
