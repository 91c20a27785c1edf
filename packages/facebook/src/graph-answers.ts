import { blankTokens } from '@pagekeeper/runtime/log';
import { Secret } from '@pagekeeper/runtime/secret';
import * as z from 'zod';

/** A user access token. `expiresInSeconds` is null when Graph did not say: ask `debugToken` then. */
export interface UserTokenGrant {
  token: Secret;
  expiresInSeconds: number | null;
}

/** The fields of `debug_token`. */
export interface TokenInfo {
  isValid: boolean;
  /** USER, PAGE, APP or SYSTEM_USER. */
  type: string | null;
  /** Must be ours: a foreign token means that it was substituted. */
  appId: string | null;
  /** Null: never, or not said (an invalid token, an app token). */
  expiresAt: Date | null;
  /** For our scopes a warning, not the token's death. */
  dataAccessExpiresAt: Date | null;
  /** The page's id, for a PAGE token. */
  profileId: string | null;
  userId: string | null;
  scopes: string[];
  granularScopes: GranularScope[];
  /** Why the token is not valid; `classifyTokenError` reads it. */
  error?: TokenError;
}

/** What is known of a token that Graph says nothing about. */
export const unknownToken: TokenInfo = {
  isValid: false,
  type: null,
  appId: null,
  expiresAt: null,
  dataAccessExpiresAt: null,
  profileId: null,
  userId: null,
  scopes: [],
  granularScopes: [],
};

export interface GranularScope {
  scope: string;
  /** The pages the scope is limited to; null for all of the person's. */
  targetIds: string[] | null;
}

export interface TokenError {
  code: number | null;
  subcode: number | null;
  message: string;
}

/** A page a person granted to the app. Without a token the person has no task on it that we can use. */
export interface PageGrant {
  id: string;
  name: string;
  token: Secret | null;
  category: string | null;
  tasks: string[];
  link: string | null;
}

export interface PageDetails {
  id: string;
  name: string;
  category: string | null;
  link: string | null;
}

export interface CommentReply {
  id: string;
  fromId: string | null;
  message: string | null;
  createdTime: Date;
}

// Ids are strings. A number that lost digits in JSON.parse would name someone else, so it is refused.
const id = z
  .union([z.string().regex(/^[\w.:=-]{1,512}$/), z.number().int().nonnegative()])
  .transform(value => String(value));
const text = z.string().nullish().catch(null);
const optionalId = id.nullish().catch(null);
const list = z.array(z.unknown()).catch([]);
const unixTime = z.number().nonnegative().max(1e11).nullish().catch(null);

/** Reads by a schema; undefined when the value does not fit. */
function reader<Output>(schema: z.ZodType<Output>): (body: unknown) => Output | undefined {
  return body => schema.safeParse(body).data;
}

export const readUserToken = reader<UserTokenGrant>(
  z
    .object({ access_token: z.string().min(1), expires_in: z.number().positive().nullish().catch(null) })
    .transform(answer => ({ token: new Secret(answer.access_token), expiresInSeconds: answer.expires_in ?? null })),
);

const tokenError = z
  .object({ code: z.number().int().nullish(), subcode: z.number().int().nullish(), message: text })
  .transform(error => ({
    code: error.code ?? null,
    subcode: error.subcode || null,
    message: blankTokens(error.message ?? ''),
  }));

const granularScope = z
  .object({ scope: z.string(), target_ids: z.array(id).nullish() })
  .transform(granular => ({ scope: granular.scope, targetIds: granular.target_ids ?? null }));

export const readTokenInfo = reader<TokenInfo>(
  z
    .object({
      data: z.object({
        is_valid: z.boolean(),
        type: text,
        app_id: optionalId,
        expires_at: unixTime,
        data_access_expires_at: unixTime,
        profile_id: optionalId,
        user_id: optionalId,
        scopes: list,
        granular_scopes: z.array(granularScope).catch([]),
        error: tokenError.optional().catch(undefined),
      }),
    })
    .transform(({ data }) => ({
      isValid: data.is_valid,
      type: data.type ?? null,
      appId: data.app_id ?? null,
      expiresAt: dateOf(data.expires_at),
      dataAccessExpiresAt: dateOf(data.data_access_expires_at),
      profileId: data.profile_id ?? null,
      userId: data.user_id ?? null,
      scopes: stringsOf(data.scopes),
      granularScopes: data.granular_scopes,
      ...(data.error ? { error: data.error } : {}),
    })),
);

export const readPageGrant = reader<PageGrant>(
  z.object({ id, name: text, access_token: text, category: text, tasks: list, link: text }).transform(page => ({
    ...pageDetails(page),
    token: page.access_token ? new Secret(page.access_token) : null,
    tasks: stringsOf(page.tasks),
  })),
);

export const readPageDetails = reader<PageDetails>(
  z.object({ id, name: text, category: text, link: text }).transform(pageDetails),
);

export const readSubscribedApp = reader<{ id: string; fields: string[] }>(
  z
    .object({ id, subscribed_fields: list })
    .transform(app => ({ id: app.id, fields: stringsOf(app.subscribed_fields) })),
);

export const readCommentReply = reader<CommentReply>(
  z
    .object({ id, from: z.object({ id }).nullish().catch(null), message: text, created_time: z.string() })
    .transform((reply, context) => {
      // Graph writes +0000 where ISO 8601 wants +00:00.
      const createdTime = new Date(reply.created_time.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
      if (Number.isNaN(createdTime.getTime())) context.addIssue('created_time is not a date');
      return { id: reply.id, fromId: reply.from?.id ?? null, message: reply.message ?? null, createdTime };
    }),
);

export const readSentMessage = reader<{ messageId: string; recipientId: string | null }>(
  z
    .object({ message_id: z.string().min(1).max(512), recipient_id: optionalId })
    .transform(sent => ({ messageId: sent.message_id, recipientId: sent.recipient_id ?? null })),
);

/** `{ id }` of a created comment; null for the `{ success: true }` that an edit answers with. */
export const readCreatedComment = reader<{ id: string | null }>(
  z.union([z.object({ id }), z.object({ success: z.literal([true, 'true']) }).transform(() => ({ id: null }))]),
);

/** `success` is a boolean on the wire and a string in Meta's documents. */
export const readSuccess = reader<boolean>(
  z
    .object({ success: z.union([z.boolean(), z.enum(['true', 'false'])]) })
    .transform(answer => answer.success === true || answer.success === 'true'),
);

/** One page of a list. `after` is null on the last one; a `next` without a cursor does not fit. */
export const readListPage = reader<{ rows: unknown[]; after: string | null }>(
  z
    .object({
      data: z.array(z.unknown()),
      paging: z
        .object({
          cursors: z.object({ after: z.string().max(2_000).optional() }).optional(),
          next: z.string().optional(),
        })
        .nullish(),
    })
    .transform((page, context) => {
      const after = page.paging?.next === undefined ? null : (page.paging.cursors?.after ?? null);
      if (page.paging?.next !== undefined && after === null) context.addIssue('next without a cursor');
      return { rows: page.data, after };
    }),
);

function pageDetails(page: { id: string; name?: string | null; category?: string | null; link?: string | null }) {
  return { id: page.id, name: page.name ?? '', category: page.category ?? null, link: page.link ?? null };
}

/** Unix seconds; 0 stands for never. */
function dateOf(seconds: number | null | undefined): Date | null {
  return seconds ? new Date(seconds * 1000) : null;
}

function stringsOf(values: unknown[]): string[] {
  return values.filter(value => typeof value === 'string');
}
