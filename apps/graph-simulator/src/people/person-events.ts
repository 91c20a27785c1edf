import * as z from 'zod';
import type { Death, Person, Token } from '../state/entities.ts';
import type { State } from '../state/state.ts';
import { giveRole } from './people.ts';
import { allTasks } from './scopes.ts';

/** Virtual seconds after which the callback is told; the tokens are dead at once. */
const callback_after_seconds = z.number().int().min(0).max(1_000_000).optional();

export const personEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('password_change') }),
  z.strictObject({ type: z.literal('logout_everywhere') }),
  /** Facebook does not take the tokens any more, and hardly says why. */
  z.strictObject({ type: z.literal('tokens_invalidated'), subcode: z.literal(467).nullable().default(467) }),
  z.strictObject({ type: z.literal('deauthorize'), callback_after_seconds }),
  z.strictObject({ type: z.literal('data_deletion') }),
  z.strictObject({ type: z.literal('revoke') }),
  z.strictObject({ type: z.literal('checkpoint'), subcode: z.literal([459, 464, 490]).default(459) }),
  z.strictObject({ type: z.literal('checkpoint_lifted') }),
  z.strictObject({ type: z.literal('role_removed'), page_id: z.string() }),
  z.strictObject({ type: z.literal('role_restored'), page_id: z.string(), tasks: z.array(z.string()).optional() }),
  z.strictObject({ type: z.literal('permission_removed'), scope: z.string() }),
  z.strictObject({ type: z.literal('permission_expired'), scope: z.string() }),
]);

export type PersonEvent = z.output<typeof personEventSchema>;

/** Lets something happen to a person that their tokens feel. Answers with the number of tokens killed by it. */
export function applyPersonEvent(state: State, person: Person, event: PersonEvent): number {
  switch (event.type) {
    case 'password_change':
    case 'logout_everywhere':
      return killTokens(state, person, sessionEnded[event.type]);
    case 'tokens_invalidated':
      return killTokens(state, person, { subcode: event.subcode, message: invalidMessages[event.subcode ?? 0] });
    case 'deauthorize':
      return endGrant(state, person, notAuthorized(state));
    case 'revoke':
      return endGrant(state, person, revoked);
    case 'checkpoint':
      person.checkpoint = event.subcode;
      return 0;
    case 'checkpoint_lifted':
      person.checkpoint = null;
      return 0;
    case 'role_removed':
    case 'role_restored':
      changeRole(state, person, event);
      return 0;
    case 'permission_removed':
    case 'permission_expired':
      person.granted = person.granted.filter(scope => scope !== event.scope);
      if (event.type === 'permission_expired') person.expired.push(event.scope);
      return 0;
    case 'data_deletion':
      return 0;
  }
}

const sessionEnded: Record<'password_change' | 'logout_everywhere', Death> = {
  password_change: {
    subcode: 460,
    message:
      'Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.',
  },
  logout_everywhere: {
    subcode: 460,
    message: 'Error validating access token: The session is invalid because the user logged out.',
  },
};

const invalidMessages = {
  467: 'Error validating access token: Invalid access token.',
  0: 'Invalid OAuth access token signature.',
};

/** The death of a token that a call has revoked. */
export const revoked: Death = {
  subcode: 466,
  message: 'Error validating access token: The session was invalidated explicitly using an API call.',
};

/** The death of a token whose person has removed the app, or no longer shares this Page with it. */
export function notAuthorized(state: State): Death {
  return {
    subcode: 458,
    message: `Error validating access token: The user has not authorized application ${state.app.id}.`,
  };
}

/** Takes back all that was granted. What was declined is forgotten too, so the next login asks for everything. */
export function endGrant(state: State, person: Person, death: Death): number {
  person.granted = [];
  person.asked = [];
  person.expired = [];
  return killTokens(state, person, death);
}

/** Kills the living tokens of a person for good. */
export function killTokens(state: State, person: Person, death: Death, which: (token: Token) => boolean = () => true) {
  const living = state.indexes.tokensOf(person).filter(token => !token.dead && which(token));
  for (const token of living) token.dead = death;
  return living.length;
}

/** A new app secret: no signature made with the old one holds, so every token of the app is dead. */
export function resetSecret(state: State, secret: string): number {
  state.app.formerSecrets.unshift(state.app.secret);
  state.app.secret = secret;
  const living = [...state.tokens.values()].filter(token => !token.dead);
  for (const token of living) token.dead = { subcode: null, message: 'Invalid OAuth access token signature.' };
  return living.length;
}

type RoleEvent = Extract<PersonEvent, { page_id: string }>;

function changeRole(state: State, person: Person, event: RoleEvent): void {
  const page = state.pages.get(event.page_id);
  if (!page) return;
  if (!page.roles.has(person.id)) giveRole(state, person, page, [...allTasks]);
  const role = page.roles.get(person.id)!;
  role.removed = event.type === 'role_removed';
  if (event.type === 'role_restored' && event.tasks) role.tasks = event.tasks;
}
