import { tasksOf } from '../people/people.ts';
import type { Page, Person, Token } from '../state/entities.ts';
import type { SendNote } from '../state/ledger-entry.ts';
import type { State } from '../state/state.ts';
import { proofHolds } from '../tokens/proof.ts';
import { hasLostRole, judgeToken, scopesOf } from '../tokens/verdict.ts';
import type { World } from '../world.ts';
import type { Answer } from './answer.ts';
import { deadToken, GraphError, missingScope, missingTask, numbered } from './errors.ts';
import type { Params } from './params.ts';
import { textParam } from './params.ts';

/** One Graph call as it came in. */
export interface GraphRequest {
  method: string;
  /** Without the query. */
  path: string;
  params: Params;
  token: string | null;
  baseUrl: string;
}

/** One Graph call on its way to an endpoint. */
export interface Call {
  world: World;
  method: string;
  version: string;
  /** The path without version; `me` is replaced by the id it stands for. */
  segments: string[];
  params: Params;
  token: string | null;
  /** Where this simulator was called at, for links to itself. */
  baseUrl: string;
  /** Filled by endpoints that send, for the ledger. */
  send: SendNote | null;
  /** Performs another call in the course of this one, as an item of a batch. */
  again: (request: GraphRequest) => Promise<Answer>;
}

export type Caller =
  | { kind: 'app' }
  | { kind: 'user'; token: Token; person: Person; scopes: string[] }
  | { kind: 'page'; token: Token; person: Person; page: Page; scopes: string[] };

export type UserCaller = Extract<Caller, { kind: 'user' }>;
export type PageCaller = Extract<Caller, { kind: 'page' }>;

/** Who calls: judges the token, then the proof. Throws what Graph answers to a caller it does not accept. */
export function identify(call: Call): Caller {
  const { state } = call.world;
  if (call.token === null) throw noToken(call);
  const caller = call.token.includes('|') ? identifyApp(state, call.token) : identifyPerson(state, call.token);
  demandProof(call, call.token);
  return caller;
}

/** What Graph says to a call without a token. */
export function noToken(call: Call): GraphError {
  if (call.segments[0] !== 'me') return numbered(200, 'Provide valid app ID');
  return new GraphError(2500, 'An active access token must be used to query information about the current user.');
}

function identifyApp(state: State, token: string): Caller {
  const [appId, secret] = token.split('|', 2);
  if (appId !== state.app.id) {
    const message = 'Error validating application. Cannot get application info due to a system error.';
    throw deadToken({ subcode: null, message });
  }
  if (secret !== state.app.secret) throw deadToken({ subcode: null, message: 'Invalid OAuth access token signature.' });
  return { kind: 'app' };
}

function identifyPerson(state: State, value: string): Caller {
  const token = findToken(state, value);
  const fatality = judgeToken(state, token);
  if (fatality) throw deadToken(fatality);
  const person = state.people.get(token.personId);
  const page = token.pageId ? state.pages.get(token.pageId) : undefined;
  if (!person || (token.pageId && !page)) throw deadToken(unreadable);
  if (state.app.knobs.role_loss === '200' && hasLostRole(state, token)) throw missingTask();
  const scopes = scopesOf(state, token);
  return page ? { kind: 'page', token, person, page, scopes } : { kind: 'user', token, person, scopes };
}

/** The token of this value. Garbage and a token of nobody are told apart, as by Graph. */
export function findToken(state: State, value: string): Token {
  const token = state.tokens.get(value);
  if (token) return token;
  if (!/^EAA[A-Za-z0-9]{8,}$/.test(value)) throw deadToken(unreadable);
  throw deadToken({ subcode: null, message: 'The access token could not be decrypted' }, 401);
}

const unreadable = { subcode: null, message: 'Invalid OAuth access token - Cannot parse access token' };

/** Demands that the proof which came with a call, or has to, holds for its token. */
export function demandProof(call: Call, token: string): void {
  const { state } = call.world;
  const proof = textParam(call.params, 'appsecret_proof');
  if (proof === undefined) {
    if (state.app.knobs.proof === 'off') return;
    throw wrongProof('API calls from the server require an appsecret_proof argument');
  }
  if (proofHolds(state, token, proof, textParam(call.params, 'appsecret_time'))) return;
  throw wrongProof('Invalid appsecret_proof provided in the API argument');
}

const wrongProof = (message: string) => new GraphError(100, message, { type: 'GraphMethodException' });

/** The caller, who must be the app itself. */
export function appCaller(call: Call): void {
  if (identify(call).kind !== 'app') throw numbered(15, 'This method must be called with an app access_token.');
}

/** The caller, who must be a Page, and the one the call is about. */
export function pageCaller(call: Call, options: { write: boolean }): PageCaller {
  const caller = identify(call);
  if (caller.kind === 'user' && options.write) {
    throw numbered(1705, 'This action must be taken as the Page: use a page access token.');
  }
  if (caller.kind !== 'page') throw numbered(210, 'A page access token is required to request this resource.');
  return caller;
}

/** Demands a permission; the code is 200 unless the endpoint has its own. */
export function demandScope(
  caller: UserCaller | PageCaller,
  scope: string,
  refusal: (scope: string) => GraphError = missingScope,
): void {
  if (!caller.scopes.includes(scope)) throw refusal(scope);
}

/** Demands one of these tasks of the person behind a page token. */
export function demandTask(call: Call, caller: PageCaller, ...tasks: string[]): void {
  const goesUnnoticed = call.world.state.app.knobs.role_loss === 'vanish';
  const role = caller.page.roles.get(caller.person.id);
  const held = goesUnnoticed ? (role?.tasks ?? []) : tasksOf(caller.page, caller.person.id);
  if (!tasks.some(task => held.includes(task))) throw missingTask();
}
