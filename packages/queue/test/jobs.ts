import * as z from 'zod';
import { defineJob } from '../src/define-job.ts';

export const drain = defineJob({
  name: 'webhooks.drain',
  payload: z.strictObject({ integrationId: z.string().min(3) }),
  attempts: 3,
  backoff: { type: 'fixed', delayMs: 50 },
  deduplicate: payload => payload.integrationId,
});

export const refresh = defineJob({
  name: 'facebook.refresh',
  payload: z.strictObject({ loginId: z.string().min(1) }),
  attempts: 2,
  backoff: { type: 'exponential', delayMs: 50 },
});

export const sweep = defineJob({
  name: 'webhooks.sweep',
  payload: z.strictObject({}),
  attempts: 1,
  backoff: { type: 'fixed', delayMs: 0 },
});
