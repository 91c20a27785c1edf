import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { sendInvitationJob } from '../jobs.ts';
import { asSystem } from '../tenancy/doors.ts';

const batch = 500;

/** Enqueues every invitation whose e-mail did not go out: a lost nudge, or a mail server that was away. */
export async function sweepInvitations({ database, queue }: Pick<Services, 'database' | 'queue'>): Promise<number> {
  const unsent = await asSystem<{ organization_id: Uuid; invitation_id: Uuid }>(database, 'unsent_invitations', batch);
  await queue.enqueueMany(sendInvitationJob, unsent);
  return unsent.length;
}
