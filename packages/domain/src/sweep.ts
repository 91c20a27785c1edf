import type { JobDefinition } from '@pagekeeper/queue/define-job';
import type { Services } from './context.ts';
import { asSystem, type SystemReason } from './tenancy/doors.ts';

/**
 * Enqueues a job for each row that waits for one: its nudge was lost, or it failed. What is more than a batch waits for
 * the next sweep.
 * @param reason the listing, whose rows are the job's payloads
 */
export async function sweep<Payload>(
  { database, queue }: Pick<Services, 'database' | 'queue'>,
  reason: SystemReason,
  job: JobDefinition<string, Payload>,
  batch: number,
): Promise<{ outcome: 'swept'; found: number }> {
  const rows = await asSystem<Payload>(database, reason, batch);
  await queue.enqueueMany(job, rows);
  return { outcome: 'swept', found: rows.length };
}
