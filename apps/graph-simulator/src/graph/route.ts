import { findComment } from '../conversation/comments.ts';
import type { State } from '../state/state.ts';
import type { Call } from './call.ts';
import { identify } from './call.ts';
import { exchange, revoke } from './endpoints/access-token.ts';
import { runBatch } from './endpoints/batch.ts';
import {
  changeComment,
  deleteComment,
  listComments,
  readComment,
  readProfile,
  writeReply,
} from './endpoints/comments.ts';
import { debugToken } from './endpoints/debug-token.ts';
import { send } from './endpoints/messages.ts';
import { listSubscribedApps, readPage, subscribePage, unsubscribePage } from './endpoints/page.ts';
import { listAccounts, listPermissions, readPerson, revokePermissions } from './endpoints/people.ts';
import { listSubscriptions, subscribeApp, unsubscribeApp } from './endpoints/subscriptions.ts';
import { GraphError, noSuchObject, numbered, unknownPath } from './errors.ts';
import { listParam } from './params.ts';

type Handle = (call: Call) => unknown;

/** An endpoint by the name under which faults and the ledger know it, with the Page that the call is about. */
export interface Route {
  endpoint: string;
  pageId: string | null;
  handle: Handle;
}

/** Paths that start with no object. */
const roots: Record<string, Handle> = {
  'GET oauth/access_token': exchange,
  'POST oauth/access_token': exchange,
  'GET oauth/revoke': revoke,
  'POST oauth/revoke': revoke,
  'GET debug_token': debugToken,
};

/** What hangs on an object: `/{id}/{edge}`. */
const edges: Record<string, Handle> = {
  'GET accounts': listAccounts,
  'GET permissions': listPermissions,
  'DELETE permissions': revokePermissions,
  'GET subscribed_apps': listSubscribedApps,
  'POST subscribed_apps': subscribePage,
  'DELETE subscribed_apps': unsubscribePage,
  'GET subscriptions': listSubscriptions,
  'POST subscriptions': subscribeApp,
  'DELETE subscriptions': unsubscribeApp,
  'POST messages': send,
  'GET comments': listComments,
  'POST comments': writeReply,
};

const edgeNames = new Set(Object.keys(edges).map(key => key.split(' ')[1]!));

/** Finds who serves a call. `segments` has `me` replaced already. */
export function routeOf(state: State, method: string, segments: string[], token: string | null): Route {
  const path = segments.join('/');
  const root = roots[`${method} ${path}`];
  if (root) return { endpoint: segments.at(-1)!, pageId: null, handle: root };
  const [node, edge] = segments;
  if (node === undefined) return bareRoute(method);
  const pageId = pageIdOf(state, node, token);
  if (edge === undefined) return { pageId, ...nodeRoute(state, method, node) };
  const fits = segments.length === 2 || (edge === 'permissions' && segments.length === 3);
  const handle = fits ? edges[`${method} ${edge}`] : undefined;
  if (handle) return { endpoint: edge, pageId, handle };
  return { endpoint: edge, pageId, handle: edgeNames.has(edge) ? unsupported(node) : unknown(path) };
}

/** The root itself: a batch, or several objects at once. */
function bareRoute(method: string): Route {
  if (method === 'POST') return { endpoint: 'batch', pageId: null, handle: runBatch };
  if (method === 'GET') return { endpoint: 'objects', pageId: null, handle: readMany };
  return { endpoint: 'unknown', pageId: null, handle: unknown('') };
}

const greatestMany = 50;

/** GET /?ids=1,2: each object under its id; one that cannot be read fails them all. */
async function readMany(call: Call) {
  const ids = listParam(call.params, 'ids');
  if (ids.length === 0) throw unknownPath('/');
  if (ids.length > greatestMany) throw numbered(100, `Too many ids: at most ${greatestMany} are allowed.`);
  const { state } = call.world;
  const objects: Record<string, unknown> = {};
  for (const id of ids) {
    const segments = resolveMe(state, [id], call.token);
    try {
      objects[id] = await routeOf(state, 'GET', segments, call.token).handle({ ...call, segments });
    } catch (error) {
      if (!(error instanceof GraphError) || error.subcode !== 33) throw error;
      throw numbered(803, `Some of the aliases you requested do not exist: ${id}`);
    }
  }
  return objects;
}

function nodeRoute(state: State, method: string, node: string): Omit<Route, 'pageId'> {
  const comment = findComment(state, node);
  if (comment) {
    const handles: Record<string, Handle> = { GET: readComment, POST: changeComment, DELETE: deleteComment };
    return { endpoint: 'comment', handle: handles[method] ?? unsupported(node) };
  }
  if (method !== 'GET') return { endpoint: 'object', handle: unsupported(node) };
  if (state.pages.has(node)) return { endpoint: 'page', handle: readPage };
  if (state.people.has(node) || node === 'me') return { endpoint: 'me', handle: readPerson };
  return { endpoint: 'profile', handle: readProfile };
}

/** The Page a call is about: the one named, the one of the comment named, or the one whose token calls. */
function pageIdOf(state: State, node: string, token: string | null): string | null {
  if (state.pages.has(node)) return node;
  return findComment(state, node)?.pageId ?? (token ? (state.tokens.get(token)?.pageId ?? null) : null);
}

/** The id that `me` stands for with this token; `me` itself when the token tells nothing. */
export function resolveMe(state: State, segments: string[], token: string | null): string[] {
  const [first, ...rest] = segments;
  const owner = token ? state.tokens.get(token) : undefined;
  return first === 'me' && owner ? [owner.pageId ?? owner.personId, ...rest] : segments;
}

// Who calls is judged first: a stranger learns nothing about what exists.
const unsupported =
  (id: string): Handle =>
  call => {
    identify(call);
    throw noSuchObject(id, call.method);
  };

const unknown =
  (path: string): Handle =>
  () => {
    throw unknownPath(`/${path}`);
  };
