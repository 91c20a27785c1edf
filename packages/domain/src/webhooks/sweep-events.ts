import type { Services } from '../context.ts';
import { nilId, type Uuid } from '../ids.ts';
import { drainEventsJob, unparkEventsJob } from '../jobs.ts';
import { passAnswers } from '../tenancy/app-pause.ts';
import { asSystem } from '../tenancy/doors.ts';

const batch = 1_000;
/** Far more pages than one worker could drain before the next sweep. */
const maxBatches = 50;

/**
 * Nudges every integration that has pending events, or parked ones that may go on: finds what a lost nudge, a crash or
 * a pause left behind. Nothing while the app is paused: drains would only stand before what ends the pause.
 * @returns how many have pending ones, of those that were looked at
 */
export async function sweepEvents(
  { database, queue }: Pick<Services, 'database' | 'queue'>,
  appId: string,
): Promise<number> {
  const pass = await passAnswers(database, appId);
  if (pass === 'paused') return 0;
  const revived = await asSystem<{ organization_id: Uuid; integration_id: Uuid }>(database, 'revived_pages', batch);
  await queue.enqueueMany(unparkEventsJob, revived);
  let last = { organization_id: nilId, integration_id: nilId };
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
    count += pending.length;
    if (pass === 'on_trial') {
      // One check goes first, which a drain asks for. All of them would all ask.
      const chosen = Math.floor(Math.random() * pending.length);
      await queue.enqueueMany(drainEventsJob, pending.slice(chosen, chosen + 1));
      break;
    }
    await queue.enqueueMany(drainEventsJob, pending);
    last = pending.at(-1) ?? last;
    if (pending.length < batch) break;
  }
  return count;
}
