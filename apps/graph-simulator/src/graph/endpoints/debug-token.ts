import type { Token } from '../../state/entities.ts';
import type { State } from '../../state/state.ts';
import { judgeToken, scopesOf } from '../../tokens/verdict.ts';
import type { Call, Caller } from '../call.ts';
import { findToken, identify } from '../call.ts';
import { GraphError, numbered } from '../errors.ts';
import { requiredText } from '../params.ts';

/** GET debug_token. A dead or garbled input token is still a 200: its error stands inside, under `subcode`. */
export function debugToken(call: Call) {
  if (call.token === null || !mayLookInside(identify(call))) {
    throw numbered(
      100,
      'You must provide an app access token, or a user access token that is an owner or developer of the app',
    );
  }
  return { data: describe(call.world.state, requiredText(call.params, 'input_token')) };
}

function mayLookInside(caller: Caller): boolean {
  return caller.kind === 'app' || caller.person.appRole === 'admin' || caller.person.appRole === 'developer';
}

function describe(state: State, input: string) {
  const { app } = state;
  if (input === `${app.id}|${app.secret}`) {
    return { app_id: app.id, type: 'APP', application: app.name, is_valid: true, scopes: [] };
  }
  try {
    return describeToken(state, findToken(state, input));
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    return { error: { code: error.code, message: error.message }, is_valid: false, scopes: [] };
  }
}

function describeToken(state: State, token: Token) {
  const fatality = judgeToken(state, token);
  const scopes = scopesOf(state, token);
  return {
    app_id: token.appId,
    type: token.type,
    application: token.appId === state.app.id ? state.app.name : 'Another app',
    data_access_expires_at: token.dataAccessExpiresAt,
    ...(fatality ? { error: describeFatality(fatality) } : {}),
    expires_at: token.expiresAt,
    is_valid: fatality === null,
    ...(token.lifetime === 'short' ? {} : { issued_at: token.issuedAt }),
    ...(token.pageId ? { profile_id: token.pageId } : {}),
    // A dead token still tells what it once was given.
    scopes: fatality ? token.scopes : scopes,
    ...(fatality ? {} : { granular_scopes: granular(state, token, scopes) }),
    user_id: token.personId,
  };
}

function describeFatality({ message, subcode }: { message: string; subcode: number | null }) {
  return { code: 190, message, ...(subcode === null ? {} : { subcode }) };
}

/** Page permissions with the Pages they are limited to; without a list they hold for all of the person's. */
function granular(state: State, token: Token, scopes: string[]) {
  const picked = state.people.get(token.personId)?.pickedPages;
  return scopes
    .filter(scope => scope.startsWith('pages_') || scope === 'business_management')
    .map(scope => ({ scope, ...(picked && scope.startsWith('pages_') ? { target_ids: picked } : {}) }));
}
