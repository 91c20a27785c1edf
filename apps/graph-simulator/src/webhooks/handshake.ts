import { nextId } from '../state/sequence.ts';
import type { State } from '../state/state.ts';

const handshakeTimeoutMs = 6000;

/** Verifies a callback as Meta does. Null when it answered with exactly the challenge, else what was wrong. */
export async function shakeHands(state: State, callbackUrl: string, verifyToken: string): Promise<string | null> {
  if (!URL.canParse(callbackUrl) || !/^https?:$/.test(new URL(callbackUrl).protocol)) return 'The URL is not valid';
  const challenge = nextId(state, 'challenge', '1');
  const url = new URL(callbackUrl);
  url.searchParams.set('hub.mode', 'subscribe');
  url.searchParams.set('hub.challenge', challenge);
  url.searchParams.set('hub.verify_token', verifyToken);
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(handshakeTimeoutMs) });
    const body = (await answer.text()).slice(0, 200);
    if (!answer.ok) return `HTTP Status Code = ${answer.status}; HTTP Message = ${answer.statusText}`;
    return body === challenge ? null : 'The callback did not answer with the challenge';
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'Connection timed out' : 'Connection failed';
  }
}
