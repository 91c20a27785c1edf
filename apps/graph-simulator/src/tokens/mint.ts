import { killTokens, notAuthorized } from '../people/person-events.ts';
import { nowSeconds } from '../state/clock.ts';
import { nextWord } from '../state/sequence.ts';
import type { Lifetime, Page, Person, State, Token } from '../state/state.ts';

export const shortSeconds = 3600;
export const longSeconds = 5_183_944;
const dataAccessSeconds = 90 * 86_400;

/**
 * A login of a person: what is granted and picked replaces what was. Page tokens of Pages that are no longer shared
 * die with it; the others stay as they are.
 */
export function grant(state: State, person: Person, scopes: string[], pickedPages: string[] | null): void {
  person.granted = [...new Set([...scopes, 'public_profile'])];
  person.asked = [...new Set([...person.asked, ...person.granted])];
  person.pickedPages = pickedPages;
  if (!pickedPages) return;
  killTokens(
    state,
    person,
    notAuthorized(state),
    token => token.pageId !== null && !pickedPages.includes(token.pageId),
  );
}

/** A new user token. `expiresAt` overrides the lifetime's own date (an exchange that does not extend). */
export function mintUserToken(
  state: State,
  person: Person,
  options: { lifetime: Lifetime; expiresAt?: number; appId?: string },
): Token {
  return keep(state, {
    type: 'USER',
    appId: options.appId ?? state.app.id,
    personId: person.id,
    pageId: null,
    lifetime: options.lifetime,
    scopes: [...person.granted],
    expiresAt: options.expiresAt ?? expiryOf(state, options.lifetime),
  });
}

/** A page token: from a short-lived user token it expires with it, from a longer one it never expires. */
export function mintPageToken(state: State, userToken: Token, page: Page): Token {
  return keep(state, {
    type: 'PAGE',
    appId: userToken.appId,
    personId: userToken.personId,
    pageId: page.id,
    lifetime: userToken.lifetime === 'short' ? 'short' : 'never',
    scopes: [...userToken.scopes],
    expiresAt: userToken.lifetime === 'short' ? userToken.expiresAt : 0,
  });
}

function expiryOf(state: State, lifetime: Lifetime): number {
  if (lifetime === 'never') return 0;
  return nowSeconds(state) + (lifetime === 'short' ? shortSeconds : longSeconds);
}

function keep(state: State, token: Omit<Token, 'value' | 'issuedAt' | 'dataAccessExpiresAt' | 'dead'>): Token {
  const issuedAt = nowSeconds(state);
  const value =
    nextWord(state, 'token', token.type === 'PAGE' ? 'EAAP' : 'EAAB', 32) + nextWord(state, 'token', '', 32);
  const minted: Token = { ...token, value, issuedAt, dataAccessExpiresAt: issuedAt + dataAccessSeconds, dead: null };
  state.tokens.set(value, minted);
  return minted;
}
