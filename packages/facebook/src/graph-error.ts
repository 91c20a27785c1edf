import { blankTokens } from '@pagekeeper/runtime/log';
import type { Outcome } from './error-table.ts';
import { configurationMessages, knownOutcome, messageRules, tokenSubcodes } from './error-table.ts';
import { storable } from './storable.ts';
import type { Usage } from './usage.ts';

export type { Outcome } from './error-table.ts';

/** A call that failed. Nothing of the request hangs on it, and its message holds no token. */
export interface GraphError {
  /** Status of the answer; null when none came. */
  http: number | null;
  code: number | null;
  subcode: number | null;
  type: string | null;
  message: string;
  fbtraceId: string | null;
  outcome: Outcome;
  /** How long the scope should be left alone; null when nobody said. Without jitter. */
  waitMs: number | null;
  /** Whether a write may have happened in spite of the error. Always false for reads. */
  sentMaybe: boolean;
}

/** What is known of a call that did not bring the answer it was made for. */
export interface GraphFailure {
  /** Whether the call changes something at Graph: every POST and DELETE. */
  write: boolean;
  /** Status of the answer; null when none came. */
  http: number | null;
  /** Without an answer: whether a byte of the request may have left. */
  maybeWritten: boolean;
  /** The parsed JSON body; undefined when it could not be read. */
  body: unknown;
  /** Says what happened where no error envelope does; no secrets. */
  reason: string;
  usage: Usage;
  /** The `Retry-After` header in milliseconds. */
  retryAfterMs: number | null;
  /** Blanks the secrets this very call has sent: Graph quotes parameters in its messages. */
  blank?: (text: string) => string;
}

/**
 * What a failure means: pure. Never by the HTTP status where Graph itself has spoken, never by a subcode alone. A write
 * that may have happened is `AMBIGUOUS` instead of `TRANSIENT`.
 */
export function classifyGraphError(failure: GraphFailure): GraphError {
  if (failure.http === null) return classifyWithoutAnswer(failure);
  const envelope = readEnvelope(failure.body);
  if (!envelope) return classifyWithoutEnvelope(failure, failure.http);
  const outcome = outcomeOfEnvelope(envelope, failure.http);
  const sentMaybe = failure.write && mayHaveHappened(outcome, envelope.code, failure.http);
  return {
    http: failure.http,
    code: envelope.code,
    subcode: envelope.subcode,
    type: envelope.type,
    // Blanked before it is cut, or half a secret could stay at the end.
    message: tidyMessage(failure.blank?.(envelope.message) ?? envelope.message),
    fbtraceId: envelope.fbtraceId,
    outcome: settleDoubt(outcome, failure.write, sentMaybe),
    waitMs: waitOf(outcome, failure),
    sentMaybe,
  };
}

/** What the inner error of `debug_token` says about the token it was asked about. */
export function classifyTokenError(error: { code: number | null; subcode: number | null; message: string }): Outcome {
  return outcomeOfEnvelope({ ...error, type: 'OAuthException', transient: false, fbtraceId: null }, 200);
}

/** Whether it says that a token was made for another app than the one that asks about it. */
export const isForeignToken = ({ code, message }: Pick<GraphError, 'code' | 'message'>): boolean =>
  code === 100 && /app_?id in the input_token did not match/i.test(message);

/** An error found on our side of the wire: a call that cannot be made, or an answer that must not be trusted. */
export function localError(message: string, outcome: Outcome, http: number | null, sentMaybe: boolean): GraphError {
  return {
    http,
    code: null,
    subcode: null,
    type: null,
    message: tidyMessage(message),
    fbtraceId: null,
    outcome,
    waitMs: null,
    sentMaybe,
  };
}

function classifyWithoutAnswer(failure: GraphFailure): GraphError {
  const sentMaybe = failure.write && failure.maybeWritten;
  return localError(failure.reason, sentMaybe ? 'AMBIGUOUS' : 'TRANSIENT', null, sentMaybe);
}

// Whoever wrote this answer, it was not Graph's logic: it says nothing about tokens, objects or people.
function classifyWithoutEnvelope(failure: GraphFailure, http: number): GraphError {
  const sentMaybe = failure.write && !isRefusal(http);
  const outcome = outcomeOfStatus(http);
  return {
    ...localError(failure.reason, settleDoubt(outcome, failure.write, sentMaybe), http, sentMaybe),
    waitMs: waitOf(outcome, failure),
  };
}

// A 400 whose body was lost may have been 1/1357046, which can follow a success. A redirect (302) or a
// proxy's timeout (408) may stand in front of a request that went on.
const isRefusal = (http: number): boolean => [401, 403, 404, 405, 413, 429].includes(http);

function outcomeOfStatus(http: number): Outcome {
  // Redirects are not followed: the configured Graph URL does not lead to Graph.
  if (http >= 300 && http < 400) return 'CONFIG';
  // Undocumented for Graph, so the smallest scope: one answer of a proxy must not pause every tenant.
  if (http === 429) return 'THROTTLED_PAGE';
  return 'TRANSIENT';
}

interface Envelope {
  code: number | null;
  subcode: number | null;
  type: string | null;
  message: string;
  fbtraceId: string | null;
  transient: boolean;
}

function outcomeOfEnvelope(error: Envelope, http: number): Outcome {
  if (configurationMessages.some(pattern => pattern.test(error.message))) return 'CONFIG';
  const { code, subcode } = error;
  const exact = code !== null && subcode !== null ? knownOutcome(code, subcode) : null;
  if (exact) return exact;
  const token = tokenOutcome(error);
  if (token) return token;
  const byMessage = messageRules.find(
    rule => code !== null && rule.codes.includes(code) && rule.pattern.test(error.message),
  );
  if (byMessage) return byMessage.outcome;
  const byCode = code !== null ? (knownOutcome(code, null) ?? (isPermissionCode(code) ? 'PERMISSION' : null)) : null;
  if (byCode && byCode !== 'PERMANENT') return byCode;
  return error.transient || http >= 500 ? 'TRANSIENT' : 'PERMANENT';
}

function tokenOutcome({ code, subcode, type }: Envelope): Outcome | null {
  const bySubcode = subcode !== null ? tokenSubcodes.get(subcode) : undefined;
  if (code === 190 || code === 102) return bySubcode ?? 'REAUTH';
  // 200/458 exists and means a block of the app, so a permission code is never overruled by its subcode.
  if (type === 'OAuthException' && code !== null && !isPermissionCode(code)) return bySubcode ?? null;
  return null;
}

function isPermissionCode(code: number): boolean {
  return code >= 200 && code <= 299;
}

/** Temporary refusals: service unavailable, temporary send failure. */
const refusedForNow: ReadonlySet<number> = new Set([2, 1200]);

function mayHaveHappened(outcome: Outcome, code: number | null, http: number): boolean {
  if (outcome === 'AMBIGUOUS' || (http >= 200 && http < 300)) return true;
  // Of passing troubles only these say that nothing was done; 1/1357046 proves that an error can follow
  // a success.
  return outcome === 'TRANSIENT' && (!refusedForNow.has(code ?? 0) || http >= 500);
}

function settleDoubt(outcome: Outcome, write: boolean, sentMaybe: boolean): Outcome {
  if (outcome === 'TRANSIENT' && sentMaybe) return 'AMBIGUOUS';
  return outcome === 'AMBIGUOUS' && !write ? 'TRANSIENT' : outcome;
}

// At least five minutes, since calls made while throttled prolong it. A day, against a junk header.
const minThrottleMs = 5 * 60_000;
const maxWaitMs = 24 * 60 * 60_000;

function waitOf(outcome: Outcome, failure: GraphFailure): number | null {
  if (!outcome.startsWith('THROTTLED')) {
    return failure.retryAfterMs === null ? null : Math.min(failure.retryAfterMs, maxWaitMs);
  }
  // The minutes are a page's: they may be hundreds, and the app's own limit is over within its hour.
  const minutes = outcome === 'THROTTLED_APP' ? [] : failure.usage.buc.map(({ regainMin }) => regainMin);
  const regainMs = Math.max(0, ...minutes) * 60_000;
  return Math.min(Math.max(minThrottleMs, regainMs, failure.retryAfterMs ?? 0), maxWaitMs);
}

function readEnvelope(body: unknown): Envelope | null {
  const error = objectOf(objectOf(body)?.error);
  if (!error) return null;
  const code = integerOf(error.code);
  const type = wordOf(error.type);
  // A proxy says {"error":{"message":…}} too; Graph always adds a code or a type.
  if (code === null && type === null) return null;
  return {
    code,
    // debug_token says `subcode`; 0 stands for none.
    subcode: integerOf(error.error_subcode) || integerOf(error.subcode) || null,
    type,
    message: typeof error.message === 'string' ? error.message : '',
    fbtraceId: wordOf(error.fbtrace_id),
    transient: error.is_transient === true,
  };
}

const maxMessageLength = 500;

function tidyMessage(message: string): string {
  return storable(blankTokens(message), maxMessageLength);
}

function objectOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

function integerOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}

// An identifier, so that nothing else can be carried into a log by these fields.
function wordOf(value: unknown): string | null {
  return typeof value === 'string' && /^[\w-]{1,64}$/.test(value) ? value : null;
}
