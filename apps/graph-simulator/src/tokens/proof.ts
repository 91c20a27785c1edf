import { createHmac, timingSafeEqual } from 'node:crypto';
import { nowSeconds } from '../state/clock.ts';
import type { State } from '../state/state.ts';

const timedProofSeconds = 300;

/** The appsecret_proof of a token: hex HMAC-SHA256 keyed with the app secret, over the token or `token|time`. */
export function proofOf(secret: string, token: string, time?: number): string {
  const message = time === undefined ? token : `${token}|${time}`;
  return createHmac('sha256', secret).update(message).digest('hex');
}

/** Whether a proof that came with a call holds. No secret of ours proves anything of another app's token. */
export function proofHolds(state: State, token: string, proof: string, time: string | undefined): boolean {
  if ((state.tokens.get(token)?.appId ?? state.app.id) !== state.app.id) return false;
  if (time === undefined) return equal(proof, proofOf(state.app.secret, token));
  const seconds = Number(time);
  if (!Number.isSafeInteger(seconds) || !isRecent(state, seconds)) return false;
  return equal(proof, proofOf(state.app.secret, token, seconds));
}

// A caller signs with its own clock, which may be the real one or the one that moves with ours.
function isRecent(state: State, seconds: number): boolean {
  const clocks = [nowSeconds(state), Math.floor(Date.now() / 1000)];
  return clocks.some(now => Math.abs(now - seconds) <= timedProofSeconds);
}

function equal(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
