import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { drainEventsJob, unparkEventsJob } from '../jobs.ts';
import { passAnswers } from '../tenancy/app-pause.ts';
import { asSystem } from '../tenancy/doors.ts';

const batch = 1_000;
/** Far more pages than one worker could drain before the next sweep. */
const maxBatches = 50;

const first = '00000000-0000-0000-0000-000000000000' as Uuid;

/**
 * Nudges every integration that has pending events, or parked ones that may go on: finds what a lost nudge, a crash or
 * a pause left behind. Nothing while the app is paused: drains would only stand before what ends the pause.
 * @returns how many have pending ones
 */
export async function sweepEvents(
  { database, queue }: Pick<Services, 'database' | 'queue'>,
  appId: string,
): Promise<number> {
  const pass = await passAnswers(database, appId);
  if (pass === 'paused') return 0;
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
    // After a pause one check goes first, which a drain asks for: any one of them, as the others would all ask.
    const chosen = Math.floor(Math.random() * pending.length);
    await queue.enqueueMany(drainEventsJob, pass === 'on_trial' ? pending.slice(chosen, chosen + 1) : pending);
    count += pending.length;
    last = pending.at(-1) ?? last;
    if (pending.length < batch) break;
  }
  return count;
}
