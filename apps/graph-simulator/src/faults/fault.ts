import { z } from 'zod';

const percent = z.number().int().min(0).max(10_000);
const usage = z.strictObject({
  call_count: percent.default(0),
  total_time: percent.default(0),
  total_cputime: percent.default(0),
});

/** What goes wrong. `applied: true` means that the call takes effect and only its answer is wrong. */
export const faultKindSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('error'),
    http: z.number().int().min(200).max(599).default(400),
    code: z.number().int(),
    subcode: z.number().int().optional(),
    message: z.string().max(1000).optional(),
    is_transient: z.boolean().optional(),
    applied: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal('html'),
    http: z.number().int().min(400).max(599).default(502),
    applied: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal('empty'),
    http: z.number().int().min(200).max(599).default(200),
    applied: z.boolean().default(true),
  }),
  z.strictObject({ type: z.literal('reset') }),
  z.strictObject({ type: z.literal('latency'), ms: z.number().int().min(0).max(120_000) }),
  z.strictObject({ type: z.literal('lost_response') }),
  z.strictObject({
    type: z.literal('throttle'),
    code: z.literal([4, 17, 32, 341, 613, 80001, 80002, 80006]).default(4),
    subcode: z.number().int().optional(),
    minutes: z.number().min(0).max(1440).default(5),
    percent: percent.default(100),
  }),
  z.strictObject({ type: z.literal('usage'), app: usage.optional(), page: usage.optional() }),
]);

export const faultSchema = z.strictObject({
  match: z
    .strictObject({
      endpoint: z.string().max(100).optional(),
      page_id: z.string().max(100).optional(),
      method: z.enum(['GET', 'POST', 'DELETE']).optional(),
    })
    .default({}),
  fault: faultKindSchema,
  times: z.number().int().min(1).max(1_000_000).optional(),
  probability: z.number().min(0).max(1).default(1),
});

export type FaultKind = z.output<typeof faultKindSchema>;
export type ThrottleFault = Extract<FaultKind, { type: 'throttle' }>;

/** A fault that waits for calls to hit. */
export interface Fault {
  id: string;
  match: { endpoint?: string | undefined; page_id?: string | undefined; method?: string | undefined };
  fault: FaultKind;
  /** Hits left; null is without end. */
  timesLeft: number | null;
  probability: number;
  hits: number;
  /** Virtual milliseconds at which a throttle ends; each call made meanwhile moves it. */
  throttledUntilMs: number | null;
}
