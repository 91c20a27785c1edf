import { killTokens, notAuthorized } from '../people/person-events.ts';
import { nowSeconds } from '../state/clock.ts';
import type { Lifetime, Page, Person, Token } from '../state/entities.ts';
import { nextWord } from '../state/sequence.ts';
import type { State } from '../state/state.ts';

export const shortSeconds = 3600;
export const longSeconds = 5_183_944;
export const systemUserSeconds = 60 * 86_400;
const dataAccessSeconds = 90 * 86_400;
// Older ones of the same person and Page are forgotten, and then read as tokens of nobody.
const greatestTokens = 1000;

export interface Login {
  /** What was asked; of this, what is not granted is declined. What was granted before and not asked now stays. */
  asked: readonly string[];
  granted: readonly string[];
  /** Null: all Pages, also those to come. */
  pickedPages: string[] | null;
  /** Whether data access is renewed even if it has run out. */
  renewsDataAccess: boolean;
}

/**
 * A login of a person: the permissions asked for are granted or declined anew, the Pages picked replace those picked
 * before. Page tokens of Pages that are no longer shared die with it; the others stay as they are.
 */
export function logIn(state: State, person: Person, login: Login): void {
  const kept = person.granted.filter(scope => !login.asked.includes(scope));
  person.granted = [...new Set([...kept, ...login.granted, 'public_profile'])];
  person.asked = [...new Set([...person.asked, ...login.asked, ...person.granted])];
  person.expired = person.expired.filter(scope => !login.asked.includes(scope));
  const now = nowSeconds(state);
  if (login.renewsDataAccess || person.dataAccessExpiresAt === 0 || person.dataAccessExpiresAt > now) {
    person.dataAccessExpiresAt = now + dataAccessSeconds;
  }
  person.pickedPages = login.pickedPages;
  if (!login.pickedPages) return;
  const picked = new Set(login.pickedPages);
  const isLeftOut = (token: Token) => token.pageId !== null && !picked.has(token.pageId);
  killTokens(state, person, notAuthorized(state), isLeftOut);
}

/** A new user token. `expiresAt` overrides the lifetime's own date (an exchange that does not extend). */
export function mintUserToken(
  state: State,
  person: Person,
  options: { lifetime: Lifetime; expiresAt?: number; appId?: string },
): Token {
  const isSystemUser = person.kind === 'system_user';
  return keep(state, {
    type: isSystemUser ? 'SYSTEM_USER' : 'USER',
    appId: options.appId ?? state.app.id,
    personId: person.id,
    pageId: null,
    parent: null,
    lifetime: options.lifetime,
    scopes: [...person.granted],
    expiresAt: options.expiresAt ?? expiryOf(state, options.lifetime, isSystemUser),
    dataAccessExpiresAt: isSystemUser ? 0 : person.dataAccessExpiresAt,
  });
}

/** A page token: from a short-lived user token it expires with it, from a longer one it never expires. */
export function mintPageToken(state: State, userToken: Token, page: Page): Token {
  const expiresAt = userToken.lifetime === 'short' ? userToken.expiresAt : 0;
  const known = state.app.knobs.page_token === 'same' ? livingLike(state, userToken, page, expiresAt) : undefined;
  if (known) return known;
  return keep(state, {
    type: 'PAGE',
    appId: userToken.appId,
    personId: userToken.personId,
    pageId: page.id,
    parent: userToken.value,
    lifetime: userToken.lifetime === 'short' ? 'short' : 'never',
    scopes: userToken.scopes,
    expiresAt,
    dataAccessExpiresAt: userToken.dataAccessExpiresAt,
  });
}

/** The last page token of this person and Page, if it is worth as much as a new one would be. */
function livingLike(state: State, userToken: Token, page: Page, expiresAt: number): Token | undefined {
  const person = state.people.get(userToken.personId);
  const last = person && state.indexes.tokensOf(person, page.id).at(-1);
  const isAsGood = last?.expiresAt === expiresAt && last.scopes.join() === userToken.scopes.join();
  return isAsGood && !last.dead ? last : undefined;
}

function expiryOf(state: State, lifetime: Lifetime, isSystemUser: boolean): number {
  if (lifetime === 'never') return 0;
  if (lifetime === 'short') return nowSeconds(state) + shortSeconds;
  return nowSeconds(state) + (isSystemUser ? systemUserSeconds : longSeconds);
}

function keep(state: State, token: Omit<Token, 'value' | 'issuedAt' | 'dead'>): Token {
  const prefix = token.type === 'PAGE' ? 'EAAP' : 'EAAB';
  const value = nextWord(state, 'token', prefix, 32) + nextWord(state, 'token', '', 32);
  const minted: Token = { ...token, value, issuedAt: nowSeconds(state), dead: null };
  state.tokens.set(value, minted);
  const siblings = state.indexes.addToken(minted);
  if (siblings.length > greatestTokens) state.tokens.delete(siblings.shift()!.value);
  return minted;
}
