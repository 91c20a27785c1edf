import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { sendNotificationsJob } from '../jobs.ts';
import { asSystem } from '../tenancy/doors.ts';

const batch = 1_000;

/** Enqueues every organization that has notifications to be sent. */
export async function sweepNotifications({ database, queue }: Pick<Services, 'database' | 'queue'>): Promise<number> {
  const waiting = await asSystem<{ organization_id: Uuid }>(database, 'unsent_notifications', batch);
  await queue.enqueueMany(sendNotificationsJob, waiting);
  return waiting.length;
}
