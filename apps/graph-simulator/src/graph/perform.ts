import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../faults/fault.ts';
import { hitFaults } from '../faults/faults.ts';
import { nowMs } from '../state/clock.ts';
import type { CallEntry } from '../state/ledger.ts';
import { tokenHash } from '../state/ledger.ts';
import type { State } from '../state/state.ts';
import type { World } from '../world.ts';
import type { Answer } from './answer.ts';
import { failure, success } from './answer.ts';
import type { Call } from './call.ts';
import { GraphError } from './errors.ts';
import { refusalBy, spoiledBy } from './mishap.ts';
import type { Params } from './params.ts';
import type { Route } from './route.ts';
import { resolveMe, routeOf } from './route.ts';
import { throttleOf, usageHeaders } from './usage.ts';
import { resolveVersion, usableVersions } from './versions.ts';

/** One Graph call as it came in. */
export interface GraphRequest {
  method: string;
  /** Without the query. */
  path: string;
  params: Params;
  token: string | null;
  baseUrl: string;
}

/** Performs one call from arrival to answer, with faults, usage and the ledger. Never throws. */
export async function perform(world: World, request: GraphRequest): Promise<Answer> {
  const startedAt = Date.now();
  const { call, route, problem } = prepare(world, request);
  const faults = hitFaults(world.state, { endpoint: route.endpoint, method: request.method, pageId: route.pageId });
  const used = world.usage.count(world.state, route.pageId);
  for (const { fault } of faults) if (fault.type === 'latency') await sleep(fault.ms);

  const natural = throttleOf(used, route.endpoint);
  const refusal = refusalBy(world.state, call.version, faults, natural);
  const answer = refusal ?? spoiledBy(world.state, call.version, faults, await run(call, route, problem));
  const usage = usageHeaders(world.state, used, route, faults);

  const done: Answer = answer.cut ? answer : { ...answer, headers: { ...answer.headers, ...usage } };
  note(world, { request, call, route, faults, answer: done, ms: Date.now() - startedAt });
  world.changed();
  return done;
}

/** Finds version and route. A bad version is still a call, which is counted and noted. */
function prepare(world: World, request: GraphRequest): { call: Call; route: Route; problem: GraphError | null } {
  const { state } = world;
  const { method, params, token, baseUrl, path } = request;
  const call: Call = { world, method, version: '', segments: [], params, token, baseUrl, send: null };
  try {
    const { version, segments } = resolveVersion(state, path);
    call.version = version;
    call.segments = resolveMe(state, segments, token);
    return { call, route: routeOf(state, method, call.segments, token), problem: null };
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    call.version = usableVersions(state)[0]!;
    return { call, route: { endpoint: 'unknown', pageId: null, handle: () => null }, problem: error };
  }
}

async function run(call: Call, route: Route, problem: GraphError | null): Promise<Answer> {
  const { state, log } = call.world;
  try {
    if (problem) throw problem;
    return success(state, call.version, await route.handle(call));
  } catch (error) {
    if (error instanceof GraphError) return failure(state, call.version, error);
    log.error({ err: error }, 'the simulator itself failed');
    return failure(state, call.version, new GraphError(1, 'An unknown error occurred'));
  }
}

interface Performed {
  request: GraphRequest;
  call: Call;
  route: Route;
  faults: Fault[];
  answer: Answer;
  ms: number;
}

function note(world: World, { request, call, route, faults, answer, ms }: Performed): void {
  world.ledger.addCall({
    at: new Date().toISOString(),
    virtual_at: new Date(nowMs(world.state)).toISOString(),
    method: request.method,
    path: request.path,
    endpoint: route.endpoint,
    page_id: route.pageId,
    token: describeToken(world.state, request.token),
    status: answer.cut ? null : answer.status,
    error: answer.error,
    faults: faults.map(({ id, fault }) => `${id}:${fault.type}`),
    send: call.send,
    ms,
  });
  world.log.debug({ method: request.method, path: request.path, status: answer.status }, 'graph call');
}

/** Whose token it was, with a short hash in place of the token. */
function describeToken(state: State, token: string | null): CallEntry['token'] {
  if (token === null) return null;
  const hash = tokenHash(token);
  if (token.includes('|')) return { kind: 'app', owner: token.split('|')[0]!, hash };
  const known = state.tokens.get(token);
  if (!known) return { kind: 'unknown', owner: null, hash };
  return { kind: known.type === 'PAGE' ? 'page' : 'user', owner: known.personId, hash };
}
