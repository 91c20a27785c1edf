import { nowSeconds } from '../../state/clock.ts';
import type { Person, State, Token } from '../../state/state.ts';
import { longSeconds, mintUserToken } from '../../tokens/mint.ts';
import { judgeToken } from '../../tokens/verdict.ts';
import type { Call } from '../call.ts';
import { findToken } from '../call.ts';
import { deadToken, GraphError, numbered } from '../errors.ts';
import { requiredText, textParam } from '../params.ts';

const codeSeconds = 600;

/** GET and POST oauth/access_token: a code, a user token or the app's own secret becomes a token. */
export function exchange(call: Call) {
  const { state } = call.world;
  if (requiredText(call.params, 'client_id') !== state.app.id) {
    throw new GraphError(101, 'Error validating application. Invalid application ID.');
  }
  if (requiredText(call.params, 'client_secret') !== state.app.secret) {
    throw new GraphError(1, 'Error validating client secret.', { http: 400, challenge: 'invalid_code' });
  }
  switch (textParam(call.params, 'grant_type') ?? 'authorization_code') {
    case 'authorization_code':
      return exchangeCode(call);
    case 'fb_exchange_token':
      return exchangeUserToken(call);
    case 'client_credentials':
      return { access_token: `${state.app.id}|${state.app.secret}`, token_type: 'bearer' };
    default:
      throw numbered(100, 'The grant_type is not supported.');
  }
}

function exchangeCode(call: Call) {
  const { state } = call.world;
  const code = state.codes.get(requiredText(call.params, 'code'));
  if (!code) throw codeError(36007, 'Invalid verification code format.');
  if (code.used) throw codeError(36009, 'This authorization code has been used.');
  // A failed exchange consumes the code too: nobody may try it again with another address.
  code.used = true;
  if (code.issuedAt + codeSeconds < nowSeconds(state)) throw codeError(36007, 'This authorization code has expired.');
  if (textParam(call.params, 'redirect_uri') !== code.redirectUri) {
    throw codeError(
      36008,
      'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
    );
  }
  return present(state, mintUserToken(state, state.people.get(code.personId)!, { lifetime: 'short' }));
}

function codeError(subcode: number, message: string): GraphError {
  return new GraphError(100, message, { subcode, challenge: 'invalid_code' });
}

function exchangeUserToken(call: Call) {
  const { state } = call.world;
  const given = findToken(state, requiredText(call.params, 'fb_exchange_token'));
  const fatality = judgeToken(state, given);
  if (fatality) throw deadToken(fatality);
  const person = state.people.get(given.personId);
  if (!person || given.type !== 'USER') throw numbered(100, 'fb_exchange_token must be a user access token.');
  return present(state, prolong(state, person, given));
}

/** Short becomes long. Long gives another token, and whether its date moves is a knob, since Meta does not say. */
function prolong(state: State, person: Person, given: Token): Token {
  if (given.lifetime === 'never') return mintUserToken(state, person, { lifetime: 'never' });
  const keepsDate = given.lifetime === 'long' && state.app.exchange === 'unchanged';
  const expiresAt = keepsDate ? given.expiresAt : nowSeconds(state) + longSeconds;
  return mintUserToken(state, person, { lifetime: 'long', expiresAt });
}

function present(state: State, token: Token) {
  const knowsExpiry = token.expiresAt !== 0 && !state.app.omitExpiresIn;
  return {
    access_token: token.value,
    token_type: 'bearer',
    ...(knowsExpiry ? { expires_in: token.expiresAt - nowSeconds(state) } : {}),
  };
}
