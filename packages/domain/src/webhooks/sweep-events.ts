import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { drainEventsJob, unparkEventsJob } from '../jobs.ts';
import { asSystem } from '../tenancy/doors.ts';

const batch = 1_000;
/** Far more pages than one worker could drain before the next sweep. */
const maxBatches = 50;

const first = '00000000-0000-0000-0000-000000000000' as Uuid;

/**
 * Nudges every integration that has pending events, or parked ones that may go on: finds what a lost nudge, a crash or
 * a pause left behind. @returns how many have pending ones
 */
export async function sweepEvents({ database, queue }: Pick<Services, 'database' | 'queue'>): Promise<number> {
  const revived = await asSystem<{ organization_id: Uuid; integration_id: Uuid }>(database, 'revived_pages', batch);
  await queue.enqueueMany(unparkEventsJob, revived);
  let last = { organization_id: first, integration_id: first };
  let count = 0;
  for (let round = 0; round < maxBatches; round += 1) {
    const { organization_id, integration_id } = last;
    const pending = await asSystem<typeof last>(
      database,
      'pending_integrations',
      organization_id,
      integration_id,
      batch,
    );
    await queue.enqueueMany(drainEventsJob, pending);
    count += pending.length;
    last = pending.at(-1) ?? last;
    if (pending.length < batch) break;
  }
  return count;
}
