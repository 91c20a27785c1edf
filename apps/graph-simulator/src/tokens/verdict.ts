import { tasksOf } from '../people/people.ts';
import { exemptScopes } from '../people/scopes.ts';
import { nowSeconds } from '../state/clock.ts';
import type { Token } from '../state/entities.ts';
import type { State } from '../state/state.ts';

/** Why a token does not work, as code 190 tells it. */
export interface Fatality {
  subcode: number | null;
  message: string;
}

/** Judges a token now; null means that it works. What can pass again is judged here, what cannot is in `dead`. */
export function judgeToken(state: State, token: Token): Fatality | null {
  if (token.dead) return token.dead;
  const checkpoint = state.people.get(token.personId)?.checkpoint;
  if (checkpoint) return { subcode: checkpoint, message: checkpoints[checkpoint] };
  if (token.expiresAt !== 0 && token.expiresAt <= nowSeconds(state)) return expired(state, token);
  return hasLostRole(state, token) && state.app.knobs.role_loss === '492' ? roleLost : null;
}

/** Whether the person behind a page token holds no role on the Page any more. */
export function hasLostRole(state: State, token: Token): boolean {
  const page = token.pageId ? state.pages.get(token.pageId) : undefined;
  return page !== undefined && tasksOf(page, token.personId).length === 0;
}

/** The scopes of a token that still count: those given to it which were neither taken back nor have run out. */
export function scopesOf(state: State, token: Token): string[] {
  const granted = state.people.get(token.personId)?.granted ?? [];
  return token.scopes.filter(scope => granted.includes(scope) && !hasRunOut(state, scope, token.dataAccessExpiresAt));
}

/** Whether a permission has ended with data access; `dataAccessExpiresAt` is in seconds, 0 is never. */
export function hasRunOut(state: State, scope: string, dataAccessExpiresAt: number): boolean {
  if (dataAccessExpiresAt === 0 || dataAccessExpiresAt > nowSeconds(state)) return false;
  return state.app.knobs.data_access === 'all' ? scope !== 'public_profile' : !exemptScopes.has(scope);
}

const checkpoints = {
  459: 'Error validating access token: You cannot access the app till you log in to www.facebook.com and follow the instructions given.',
  464: 'Error validating access token: Sessions for the user are not allowed because the user is not a confirmed user.',
  490: 'Error validating access token: The user is enrolled in a blocking, logged-in checkpoint.',
};

const roleLost: Fatality = {
  subcode: 492,
  message:
    'Error validating access token: Impersonated access tokens can only be used with the Graph API by a person with a role on the Page.',
};

function expired(state: State, token: Token): Fatality {
  const now = pacificTime(nowSeconds(state));
  return {
    subcode: 463,
    message: `Error validating access token: Session has expired on ${pacificTime(token.expiresAt)}. The current time is ${now}.`,
  };
}

const pacific = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'America/Los_Angeles',
  weekday: 'long',
  day: '2-digit',
  month: 'short',
  year: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const pacificZone = new Intl.DateTimeFormat('en-US', { timeZone: 'America/Los_Angeles', timeZoneName: 'short' });

/** Seconds as Meta writes them in messages: `Wednesday, 18-Nov-26 05:00:00 PST`. */
export function pacificTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const part = partsOf(pacific, date);
  const zone = partsOf(pacificZone, date).timeZoneName;
  const month = part.month?.slice(0, 3);
  return `${part.weekday}, ${part.day}-${month}-${part.year} ${part.hour}:${part.minute}:${part.second} ${zone}`;
}

function partsOf(format: Intl.DateTimeFormat, date: Date): Partial<Record<Intl.DateTimeFormatPartTypes, string>> {
  return Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));
}
