import type { Services } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { forgetConnectionsJob } from '../jobs.ts';
import { asSystem } from '../tenancy/doors.ts';

const batch = 1_000;

/** Finds organizations with ways through the dialog that ended a while ago. @returns how many */
export async function sweepConnections({ database, queue }: Pick<Services, 'database' | 'queue'>): Promise<number> {
  const ended = await asSystem<{ organization_id: Uuid }>(database, 'ended_connections', batch);
  await queue.enqueueMany(forgetConnectionsJob, ended);
  return ended.length;
}
