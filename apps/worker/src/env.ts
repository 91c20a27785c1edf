import { refuseContradictions, serviceVariables } from '@pagekeeper/domain/environment';
import { readEnvironment } from '@pagekeeper/runtime/environment';
import { z } from 'zod';

/** Everything the worker reads from its environment. */
export const workerVariables = serviceVariables
  .extend({
    CONCURRENCY: z.coerce.number().int().min(1).max(500).default(20).describe('Jobs at a time.'),
    EVENT_RETENTION_DAYS: z.coerce.number().int().min(8).max(3_650).default(90).describe('How long events are kept.'),
  })
  .superRefine(refuseContradictions);

export type WorkerVariables = z.output<typeof workerVariables>;

/** Exits with one sentence per fault. */
export const readWorkerVariables = (): WorkerVariables => readEnvironment(workerVariables, process.env);
