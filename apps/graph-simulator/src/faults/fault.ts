import * as z from 'zod';

const percent = z.number().int().min(0).max(10_000);
const usage = z.strictObject({
  call_count: percent.default(0),
  total_time: percent.default(0),
  total_cputime: percent.default(0),
});
const ms = z.number().int().min(0).max(120_000);

/** What goes wrong. `applied: true` means that the call takes effect and only its answer is wrong. */
export const faultKindSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('error'),
    http: z.number().int().min(200).max(599).default(400),
    code: z.number().int(),
    subcode: z.number().int().optional(),
    message: z.string().max(1000).optional(),
    is_transient: z.boolean().optional(),
    user_title: z.string().max(1000).optional(),
    user_msg: z.string().max(1000).optional(),
    data: z.record(z.string(), z.unknown()).optional(),
    /** Only the first half of it arrives. */
    truncated: z.boolean().default(false),
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
  // With `applied` the call takes effect first: for a caller that gives up in time, a lost response.
  z.strictObject({ type: z.literal('latency'), ms, applied: z.boolean().default(false) }),
  z.strictObject({ type: z.literal('slow_body'), ms }),
  z.strictObject({ type: z.literal('truncated') }),
  z.strictObject({ type: z.literal('lost_response') }),
  z.strictObject({
    type: z.literal('throttle'),
    code: z.literal([4, 17, 32, 341, 613, 80001, 80002, 80006]).default(4),
    subcode: z.number().int().optional(),
    minutes: z.number().min(0).max(1440).default(5),
    percent: percent.default(100),
  }),
  z.strictObject({
    type: z.literal('usage'),
    app: usage.optional(),
    page: usage.optional(),
    /** The older x-page-usage header. */
    page_header: usage.optional(),
  }),
]);

const pageId = z.string().max(100);
const seconds = z.number().int().min(0).max(1_000_000_000);

export const faultSchema = z.strictObject({
  match: z
    .strictObject({
      endpoint: z.string().max(100).optional(),
      page_id: pageId.optional(),
      /** The Pages of a tenant. */
      page_ids: z.array(pageId).min(1).max(10_000).optional(),
      person_id: z.string().max(100).optional(),
      method: z.enum(['GET', 'POST', 'DELETE']).optional(),
    })
    .default({}),
  fault: faultKindSchema,
  times: z.number().int().min(1).max(1_000_000).optional(),
  /** So many calls that it would hit are let through first. */
  skip: z.number().int().min(0).max(1_000_000).default(0),
  probability: z.number().min(0).max(1).default(1),
  /** Virtual seconds from now until it begins, and how long it then lasts. */
  after_seconds: seconds.default(0),
  for_seconds: seconds.min(1).optional(),
});

export type FaultKind = z.output<typeof faultKindSchema>;
export type ThrottleFault = Extract<FaultKind, { type: 'throttle' }>;

/** A fault that waits for calls to hit. */
export interface Fault {
  id: string;
  /** Faults are tried in this order. */
  number: number;
  match: z.output<typeof faultSchema>['match'];
  fault: FaultKind;
  /** Hits left; null is without end. */
  timesLeft: number | null;
  skipLeft: number;
  probability: number;
  hits: number;
  /** Virtual milliseconds; null is always, or for ever. */
  fromMs: number | null;
  untilMs: number | null;
  /** Virtual milliseconds at which a throttle ends; each call made meanwhile moves it. */
  throttledUntilMs: number | null;
}
