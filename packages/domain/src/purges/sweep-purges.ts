import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { eraseOrganizationJob } from '../jobs.ts';
import { asSystem } from '../tenancy/doors.ts';

const batch = 100;

/** Goes on with every purge that nobody works on: after a lost nudge, a crash, a restart. */
export async function sweepPurges({ database, queue }: Pick<Services, 'database' | 'queue'>): Promise<number> {
  const running = await asSystem<{ purge_id: Uuid }>(database, 'running_purges', batch);
  await queue.enqueueMany(eraseOrganizationJob, running);
  return running.length;
}
