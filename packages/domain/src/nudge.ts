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
  try {
    await queue.enqueue(job, payload, options);
  } catch (error) {
    log.warn({ err: error, job: job.name }, 'nudge lost; the sweep will find the row');
  }
}
