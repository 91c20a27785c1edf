import { createHmac } from 'node:crypto';
import { nowSeconds } from '../state/clock.ts';
import type { State } from '../state/state.ts';

const callbackTimeoutMs = 5000;

/** `signature.payload`, both base64url without padding; the signature is over the encoded payload. */
export function signRequest(secret: string, payload: Record<string, unknown>): string {
  const encoded = Buffer.from(JSON.stringify(payload)).toString('base64url');
  const signature = createHmac('sha256', secret).update(encoded).digest('base64url');
  return `${signature}.${encoded}`;
}

/** Tells the app that a person has removed it. Answers with the HTTP status; null without a callback or an answer. */
export async function postDeauthorization(state: State, personId: string): Promise<number | null> {
  const { deauthorizeUrl, secret } = state.app;
  if (!deauthorizeUrl) return null;
  const payload = { user_id: personId, algorithm: 'HMAC-SHA256', issued_at: nowSeconds(state) };
  const form = new URLSearchParams({ signed_request: signRequest(secret, payload) });
  try {
    const signal = AbortSignal.timeout(callbackTimeoutMs);
    const answer = await fetch(deauthorizeUrl, { method: 'POST', body: form, redirect: 'manual', signal });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return null;
  }
}
