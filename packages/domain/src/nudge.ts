import type { JobDefinition } from '@pagekeeper/queue/define-job';
import type { Services } from './context.ts';

/**
 * Tells the workers of a committed row. Best effort: when the queue is down the row waits for its sweep, and what the
 * caller did stands.
 */
export async function nudge<Payload>(
  { queue, log }: Pick<Services, 'queue' | 'log'>,
  job: JobDefinition<string, Payload>,
  payload: NoInfer<Payload>,
  options: { delayMs?: number } = {},
): Promise<void> {
  await bestEffort(log, job.name, queue.enqueue(job, payload, options));
}

/** The same for several rows at once. */
export async function nudgeAll<Payload>(
  { queue, log }: Pick<Services, 'queue' | 'log'>,
  job: JobDefinition<string, Payload>,
  payloads: readonly NoInfer<Payload>[],
): Promise<void> {
  await bestEffort(log, job.name, queue.enqueueMany(job, payloads));
}

async function bestEffort(log: Services['log'], job: string, enqueued: Promise<void>): Promise<void> {
  try {
    await enqueued;
  } catch (error) {
    log.warn({ err: error, job }, 'nudge lost; the sweep will find the row');
  }
}
