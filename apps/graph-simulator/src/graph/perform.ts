import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../faults/fault.ts';
import { hitFaults } from '../faults/faults.ts';
import { nowMs } from '../state/clock.ts';
import type { Token } from '../state/entities.ts';
import { tokenHash } from '../state/ledger.ts';
import type { CallEntry } from '../state/ledger-entry.ts';
import type { State } from '../state/state.ts';
import type { World } from '../world.ts';
import type { Answer } from './answer.ts';
import { failure, success } from './answer.ts';
import type { Call, GraphRequest } from './call.ts';
import { GraphError } from './errors.ts';
import { refusalBy, spoiledBy } from './mishap.ts';
import { textParam } from './params.ts';
import type { Route } from './route.ts';
import { resolveMe, routeOf } from './route.ts';
import type { Regime } from './usage.ts';
import { throttleOf, usageHeaders } from './usage.ts';
import { resolveVersion, usableVersions } from './versions.ts';

/** Performs one call from arrival to answer, with faults, usage and the ledger. Never throws. */
export async function perform(world: World, request: GraphRequest, isInBatch = false): Promise<Answer> {
  const startedAt = Date.now();
  const { call, route, problem } = prepare(world, request);
  const { endpoint, pageId } = route;
  const personId = subjectOf(world.state, request, endpoint)?.personId ?? null;
  const faults = hitFaults(world.state, { endpoint, method: request.method, pageId, personId });
  const use = world.usage.count(world.state, regimeOf(world.state, request.token, route));
  await waitFor(faults, false);

  const refusal = refusalBy(world.state, call.version, faults, throttleOf(use));
  const answer = refusal ?? spoiledBy(world.state, call.version, faults, await run(call, route, problem));
  if (!refusal) await waitFor(faults, true);

  const headers = { ...answer.headers, ...usageHeaders(world.state, use, route, faults) };
  const done: Answer = answer.cut ? answer : { ...answer, headers };
  note(world, { request, call, route, faults, personId, answer: done, isInBatch, ms: Date.now() - startedAt });
  world.changed();
  return done;
}

/** Latency before a call takes effect, or after. */
async function waitFor(faults: readonly Fault[], isApplied: boolean): Promise<void> {
  for (const { fault } of faults) {
    if (fault.type === 'latency' && fault.applied === isApplied) await sleep(fault.ms);
  }
}

/** The parameter that names the token a call is about, where that is not the one that calls. */
const subjectParams: Record<string, string> = { debug_token: 'input_token', access_token: 'fb_exchange_token' };

/** The token that a call is about. */
function subjectOf(state: State, { token, params }: GraphRequest, endpoint: string): Token | undefined {
  const named = subjectParams[endpoint];
  return state.tokens.get((named ? textParam(params, named) : token) ?? '');
}

/** Which allowance a call uses: it depends on the kind of token, and for Pages on what is called. */
function regimeOf(state: State, token: string | null, { endpoint, pageId }: Route): Regime | null {
  // The items of a batch count, not their envelope.
  if (endpoint === 'batch') return null;
  const known = token ? state.tokens.get(token) : undefined;
  if (!known) return { type: 'app', id: state.app.id };
  if (known.type === 'USER' || pageId === null) return { type: 'user', id: known.personId };
  return { type: endpoint === 'messages' || endpoint === 'profile' ? 'messenger' : 'page', id: pageId };
}

/** Finds version and route. A bad version is still a call, which is counted and noted. */
function prepare(world: World, request: GraphRequest): { call: Call; route: Route; problem: GraphError | null } {
  const { state } = world;
  const { method, params, token, baseUrl, path } = request;
  const again = (other: GraphRequest) => perform(world, other, true);
  const call: Call = { world, method, version: '', segments: [], params, token, baseUrl, send: null, again };
  try {
    const { version, segments } = resolveVersion(state, path);
    call.version = version;
    call.segments = resolveMe(state, segments, token);
    const route = routeOf(state, method, call.segments, token);
    const pageId = route.pageId ?? subjectOf(state, request, route.endpoint)?.pageId ?? null;
    return { call, route: { ...route, pageId }, problem: null };
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
  personId: string | null;
  answer: Answer;
  isInBatch: boolean;
  ms: number;
}

function note(world: World, { request, call, route, faults, personId, answer, isInBatch, ms }: Performed): void {
  world.ledger.addCall({
    at: new Date().toISOString(),
    virtual_at: new Date(nowMs(world.state)).toISOString(),
    method: request.method,
    path: request.path,
    endpoint: route.endpoint,
    page_id: route.pageId,
    person_id: personId,
    token: describeToken(world.state, request.token),
    status: answer.cut ? null : answer.status,
    error: answer.error,
    faults: faults.map(({ id, fault }) => `${id}:${fault.type}`),
    in_batch: isInBatch,
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
