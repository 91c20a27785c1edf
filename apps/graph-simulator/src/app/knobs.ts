import * as z from 'zod';

/** How a delivery is signed; all but `ok` are what a receiver must be able to judge. */
export const signatureModes = ['ok', 'bad_signature', 'no_header', 'sha1_only', 'old_secret', 'altered'] as const;
export type SignatureMode = (typeof signatureModes)[number];

const atLeastOne = z.number().int().min(1).max(1_000_000_000);
const probability = z.number().min(0).max(1);

/** Calls that make 100 percent of usage: per app and user in an hour, per Page and its Messenger in a day; rolling. */
const allowanceSchema = z.strictObject({ app: atLeastOne, user: atLeastOne, page: atLeastOne, messenger: atLeastOne });

/** What a delivery may go through that its receiver must bear. */
const mischiefSchema = z.strictObject({
  /** How many of the bodies that were taken come once more, at once. */
  duplicates: probability,
  /** How many come once more late, and how late on the virtual clock. */
  late_copies: probability,
  late_copy_seconds: z.number().int().min(0).max(1_000_000),
  /** Changes that wait together leave in another order. */
  out_of_order: z.boolean(),
  /** Changes of several Pages, and messaging beside feed, share a POST. */
  mixed: z.boolean(),
  /** The most changes in one POST. Meta's own limit is 1000. */
  batch: z.number().int().min(1).max(1000),
});

/** What Meta does one way or another, or may come to do. `PATCH /__sim/app` takes each of them. */
const knobShape = {
  proof: z.enum(['off', 'required']),
  /** Whether the proof of a batch holds for its items that are made with the token of the batch, or each has its own. */
  batch_proof: z.enum(['own', 'inherited']),
  /** Whether each fetch of a page token gives another string. */
  page_token: z.enum(['new', 'same']),
  /** What exchanging a long-lived user token does to its expiry. `rounded`: as `unchanged`, and a second later. */
  exchange: z.enum(['unchanged', 'rounded', 'extended']),
  omit_expires_in: z.boolean(),
  code_seconds: atLeastOne,
  empty_accounts_page: z.boolean(),
  page_size: z.number().int().min(1).max(100),
  /** How a lost role shows: 190/492, or #200 on calls to the Page, or only as its absence from me/accounts. */
  role_loss: z.enum(['492', '200', 'vanish']),
  /** The subcode of tokens after DELETE me/permissions. */
  permissions_deleted: z.literal([458, 466]),
  /** Which permissions end with data access: those not on Meta's list of exemptions, or all. */
  data_access: z.enum(['exempt', 'all']),
  /** With standard access the Page may write to people with a role on the app only. */
  access: z.enum(['advanced', 'standard']),
  mode: z.enum(['live', 'development']),
  human_agent: z.boolean(),
  /** The code for a private reply after seven days. */
  late_private_reply: z.literal([10902, 10]),
  /** Private replies of a Page in an hour, beyond which they get 613. */
  private_replies: atLeastOne,
  /** The same text under the same comment again: 506. */
  duplicate_comments: z.enum(['allowed', 'refused']),
  /** More equal comments of a Page than this within ten minutes: 368 for an hour. Null: never. */
  identical_comments: atLeastOne.nullable(),
  /** Whether people read what is sent to them, at once. */
  reads: z.boolean(),
  allowance: allowanceSchema,
  /** How ordinary deliveries are signed. */
  signature: z.enum(signatureModes),
  delivery_timeout_ms: z.number().int().min(1).max(120_000),
  /** Attempts after which a messaging body is given up; null: as long as its Page is not disabled. */
  messaging_attempts: atLeastOne.nullable(),
  /** Minutes of failing messaging deliveries before the app is unsubscribed from the Page. */
  messaging_disabled_after_minutes: z.number().int().min(16).max(10_000),
  mischief: mischiefSchema,
  /** Properties whose decimal ids are written as JSON numbers. */
  numeric_ids: z.array(z.string().regex(/^\w{1,60}$/)).max(50),
  /** The user id of a signed request as a number, and its base64 with padding. */
  signed_request: z.strictObject({ numeric_user_id: z.boolean(), padding: z.boolean() }),
  /** Real milliseconds after which an item of a batch is given up, and answered with null. */
  batch_item_ms: atLeastOne,
};

export type Knobs = z.output<z.ZodObject<typeof knobShape>>;

/** Any of the knobs, and any part of those that have parts. */
export const knobChangesShape = z
  .strictObject({
    ...knobShape,
    allowance: allowanceSchema.partial(),
    mischief: mischiefSchema.partial(),
    signed_request: knobShape.signed_request.partial(),
  })
  .partial().shape;

/** How the knobs stand at first. */
export function usualKnobs(): Knobs {
  return {
    proof: 'off',
    batch_proof: 'own',
    page_token: 'new',
    exchange: 'unchanged',
    omit_expires_in: false,
    code_seconds: 600,
    empty_accounts_page: false,
    page_size: 25,
    role_loss: '492',
    permissions_deleted: 458,
    data_access: 'exempt',
    access: 'advanced',
    mode: 'live',
    human_agent: false,
    late_private_reply: 10902,
    private_replies: 750,
    duplicate_comments: 'allowed',
    identical_comments: null,
    reads: true,
    allowance: { app: 200_000, user: 200_000, page: 480_000, messenger: 480_000 },
    signature: 'ok',
    delivery_timeout_ms: 5000,
    messaging_attempts: null,
    messaging_disabled_after_minutes: 60,
    mischief: {
      duplicates: 0,
      late_copies: 0,
      late_copy_seconds: 3600,
      out_of_order: false,
      mixed: false,
      batch: 100,
    },
    numeric_ids: [],
    signed_request: { numeric_user_id: false, padding: false },
    batch_item_ms: 30_000,
  };
}

/** The knobs with some of them turned; parts that are left out stay. */
export function turnKnobs(knobs: Knobs, changes: Record<string, unknown>): Knobs {
  const turned: Record<string, unknown> = { ...knobs };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || !Object.hasOwn(knobs, name)) continue;
    const before = turned[name];
    turned[name] = isParts(before) && isParts(value) ? { ...before, ...value } : value;
  }
  return turned as Knobs;
}

const isParts = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
