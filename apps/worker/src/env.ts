import { refuseContradictions, serviceVariables } from '@pagekeeper/domain/environment';
import { readEnvironment } from '@pagekeeper/runtime/environment';
import * as z from 'zod';

/** Everything the worker reads from its environment. */
export const workerVariables = serviceVariables
  .extend({
    CONCURRENCY: z.coerce.number().int().min(1).max(500).default(20).describe('Jobs at a time.'),
    REPLY_QUIET_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(3_600)
      .default(120)
      .describe('How long a reply in doubt is waited for: longer than Facebook may take to act and to show it.'),
    EVENT_RETENTION_DAYS: z.coerce.number().int().min(8).max(3_650).default(90).describe('How long events are kept.'),
  })
  .superRefine((variables, context) => {
    refuseContradictions(variables, context);
    if (variables.REPLY_QUIET_SECONDS * 1_000 >= variables.FACEBOOK_TIMEOUT_MS) return;
    const message = 'must not be shorter than FACEBOOK_TIMEOUT_MS: what is under way would count as not sent';
    context.addIssue({ code: 'custom', path: ['REPLY_QUIET_SECONDS'], message });
  });

export type WorkerVariables = z.output<typeof workerVariables>;

/** Exits with one sentence per fault. */
export const readWorkerVariables = (): WorkerVariables => readEnvironment(workerVariables, process.env);
