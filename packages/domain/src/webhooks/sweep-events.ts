import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { drainEventsJob } from '../jobs.ts';
import { asSystem } from '../tenancy/doors.ts';

const batch = 1_000;

/** Nudges every integration that has pending events: finds what a lost nudge, a crash or a pause left behind. */
export async function sweepEvents({ database, queue }: Pick<Services, 'database' | 'queue'>): Promise<number> {
  const pending = await asSystem<{ organization_id: Uuid; integration_id: Uuid }>(
    database,
    'pending_integrations',
    batch,
  );
  await queue.enqueueMany(drainEventsJob, pending);
  return pending.length;
}
