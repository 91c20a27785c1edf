import { killTokens, revoked } from '../../people/person-events.ts';
import { nowSeconds } from '../../state/clock.ts';
import type { Person, Token } from '../../state/entities.ts';
import type { State } from '../../state/state.ts';
import { longSeconds, mintUserToken, systemUserSeconds } from '../../tokens/mint.ts';
import { judgeToken } from '../../tokens/verdict.ts';
import type { Call } from '../call.ts';
import { findToken } from '../call.ts';
import { deadToken, GraphError, numbered } from '../errors.ts';
import { requiredText, textParam } from '../params.ts';

/** GET and POST oauth/access_token: a code, a user token or the app's own secret becomes a token. */
export function exchange(call: Call) {
  const { state } = call.world;
  demandClient(call);
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

/** GET and POST oauth/revoke: ends one token, and the page tokens that were made from it. */
export function revoke(call: Call) {
  const { state } = call.world;
  demandClient(call);
  const given = findToken(state, textParam(call.params, 'revoke_token') ?? call.token ?? '');
  const fatality = judgeToken(state, given);
  if (fatality) throw deadToken(fatality);
  const person = state.people.get(given.personId);
  if (person) killTokens(state, person, revoked, token => token === given || token.parent === given.value);
  return { success: true };
}

/** The app, by its id and secret. */
function demandClient(call: Call): void {
  const { app } = call.world.state;
  if (requiredText(call.params, 'client_id') !== app.id) {
    throw new GraphError(101, 'Error validating application. Invalid application ID.');
  }
  if (requiredText(call.params, 'client_secret') !== app.secret) {
    throw new GraphError(1, 'Error validating client secret.', { http: 400, challenge: 'invalid_code' });
  }
}

function exchangeCode(call: Call) {
  const { state } = call.world;
  const code = state.codes.get(requiredText(call.params, 'code'));
  if (!code) throw codeError(36007, 'Invalid verification code format.');
  if (code.used) throw codeError(36009, 'This authorization code has been used.');
  // A failed exchange consumes the code too: nobody may try it again with another address.
  code.used = true;
  if (code.issuedAt + state.app.knobs.code_seconds < nowSeconds(state))
    throw codeError(36007, 'This authorization code has expired.');
  if (textParam(call.params, 'redirect_uri') !== code.redirectUri) {
    throw codeError(
      36008,
      'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
    );
  }
  return present(state, mintUserToken(state, state.people.get(code.personId)!, { lifetime: code.lifetime }));
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
  if (!person || given.type === 'PAGE') throw numbered(100, 'fb_exchange_token must be a user access token.');
  return present(state, given.type === 'SYSTEM_USER' ? renew(call, person, given) : prolong(state, person, given));
}

/** Short becomes long. Long gives another token, and whether its date moves is a knob, since Meta does not say. */
function prolong(state: State, person: Person, given: Token): Token {
  if (given.lifetime === 'never') return mintUserToken(state, person, { lifetime: 'never' });
  const { exchange } = state.app.knobs;
  const isProlonged = given.lifetime !== 'long' || exchange === 'extended';
  const kept = given.expiresAt + (exchange === 'rounded' ? 1 : 0);
  const expiresAt = isProlonged ? nowSeconds(state) + longSeconds : kept;
  return mintUserToken(state, person, { lifetime: 'long', expiresAt });
}

/** A system user's token is renewed for sixty days when that is asked for; the old one keeps its own date. */
function renew(call: Call, person: Person, given: Token): Token {
  const { state } = call.world;
  if (textParam(call.params, 'set_token_expires_in_60_days') === 'true') {
    return mintUserToken(state, person, { lifetime: 'long', expiresAt: nowSeconds(state) + systemUserSeconds });
  }
  return mintUserToken(state, person, { lifetime: given.lifetime, expiresAt: given.expiresAt });
}

function present(state: State, token: Token) {
  const knowsExpiry = token.expiresAt !== 0 && !state.app.knobs.omit_expires_in;
  return {
    access_token: token.value,
    token_type: 'bearer',
    ...(knowsExpiry ? { expires_in: token.expiresAt - nowSeconds(state) } : {}),
  };
}
