import { createHmac } from 'node:crypto';
import { nowSeconds } from '../state/clock.ts';
import type { State } from '../state/state.ts';

const callbackTimeoutMs = 5000;
const greatestAnswer = 10_000;
const validSeconds = 3600;

export const callbackKinds = ['deauthorize', 'data_deletion'] as const;
export type CallbackKind = (typeof callbackKinds)[number];
/** How a request is signed; all but `ok` are to be refused. */
export const callbackModes = ['ok', 'bad_signature', 'old_secret', 'altered', 'other_algorithm'] as const;
export type CallbackMode = (typeof callbackModes)[number];

/** `signature.payload`, both base64url without padding; the signature is over the encoded payload. */
export function signRequest(secret: string, payload: Record<string, unknown>, withPadding = false): string {
  return signText(secret, JSON.stringify(payload), withPadding);
}

function signText(secret: string, payload: string, withPadding: boolean): string {
  const encoded = pad(Buffer.from(payload).toString('base64url'), withPadding);
  return `${pad(createHmac('sha256', secret).update(encoded).digest('base64url'), withPadding)}.${encoded}`;
}

const pad = (encoded: string, withPadding: boolean) =>
  withPadding ? encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=') : encoded;

export interface CallbackOutcome {
  /** Null without a callback or an answer. */
  callback_status: number | null;
  /** What a data deletion is answered with. */
  url?: unknown;
  confirmation_code?: unknown;
}

/** Tells the app that a person has removed it, or wants their data deleted. */
export async function postCallback(
  state: State,
  kind: CallbackKind,
  personId: string,
  mode: CallbackMode = 'ok',
): Promise<CallbackOutcome> {
  const to = kind === 'deauthorize' ? state.app.deauthorizeUrl : state.app.dataDeletionUrl;
  if (!to) return { callback_status: null };
  const form = new URLSearchParams({ signed_request: requestFor(state, kind, personId, mode) });
  try {
    const signal = AbortSignal.timeout(callbackTimeoutMs);
    const answer = await fetch(to, { method: 'POST', body: form, redirect: 'manual', signal });
    const text = (await answer.text()).slice(0, greatestAnswer);
    return { callback_status: answer.status, ...(kind === 'data_deletion' ? confirmationIn(text) : {}) };
  } catch {
    return { callback_status: null };
  }
}

function requestFor(state: State, kind: CallbackKind, personId: string, mode: CallbackMode): string {
  const { secret, formerSecrets, knobs } = state.app;
  const { numeric_user_id, padding } = knobs.signed_request;
  const issuedAt = nowSeconds(state);
  const payload = {
    user_id: personId,
    algorithm: mode === 'other_algorithm' ? 'none' : 'HMAC-SHA256',
    issued_at: issuedAt,
    ...(kind === 'data_deletion' ? { expires: issuedAt + validSeconds } : {}),
  };
  const quoted = JSON.stringify(payload);
  const text = numeric_user_id ? quoted.replace(`"${personId}"`, personId) : quoted;
  if (mode === 'bad_signature') return signText(`not ${secret}`, text, padding);
  if (mode === 'old_secret') return signText(formerSecrets[0] ?? `the secret before ${secret}`, text, padding);
  const signed = signText(secret, text, padding);
  if (mode !== 'altered') return signed;
  const other = Buffer.from(text.replace(personId, `${personId}0`)).toString('base64url');
  return `${signed.split('.')[0]}.${pad(other, padding)}`;
}

function confirmationIn(text: string): Partial<CallbackOutcome> {
  try {
    const { url, confirmation_code } = JSON.parse(text) as Record<string, unknown>;
    return { url, confirmation_code };
  } catch {
    return {};
  }
}
