import type { KeyUse } from '@pagekeeper/domain/api-keys/key-use';
import type { FacebookApp } from '@pagekeeper/domain/connections/facebook-connection';
import type { Services } from '@pagekeeper/domain/context';
import { DomainError } from '@pagekeeper/domain/errors';
import { answerLater, answerNever } from '@pagekeeper/domain/idempotency/answer-later';
import { Replay } from '@pagekeeper/domain/idempotency/once';
import { Rendered } from '@pagekeeper/domain/resource';
import type { Caller } from '@pagekeeper/domain/tenancy/actor';
import { checkKey } from '@pagekeeper/domain/tenancy/check-key';
import type { Credentials } from '@pagekeeper/domain/users/credentials';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import * as z from 'zod';
import { type Limits, ownPasswordOf } from '../limits/limits.ts';
import { type Answer, type Endpoint, Stream } from './endpoint.ts';
import { readJson, refuseUnsafe } from './json-body.ts';
import type { OpenStreams } from './open-streams.ts';
import { keyOf, onceOf, versionsIn } from './preconditions.ts';
import { fieldErrors, HttpError } from './problem.ts';
import { sendStream } from './send-stream.ts';

export interface MountOptions {
  services: Services;
  facebook: FacebookApp;
  credentials: Credentials;
  repliesOff: boolean;
  /** Who sent the request. @throws DomainError `unauthenticated` */
  authenticate(request: Request): Promise<Caller>;
  limits: Limits;
  keyUse: KeyUse;
  streams: OpenStreams;
}

/** Mounts endpoints: each request is authenticated, counted, parsed by the endpoint's schemas, run, and answered. */
export function mountEndpoints(app: Express, endpoints: readonly Endpoint[], options: MountOptions): void {
  const { limits } = options;
  for (const endpoint of endpoints) {
    // Nobody reads what comes with a GET.
    const read = endpoint.method === 'get' ? [] : [readJson];
    app[endpoint.method](routeOf(endpoint), admitTo(endpoint, options), ...read, async (request, response) => {
      await answer(endpoint, request, response, options);
    });
  }
  const countStranger: RequestHandler = async (request, response, next) => {
    await limits.countStranger(request, response);
    next();
  };
  for (const [route, allow] of allowedMethods(endpoints)) {
    app.all(route, countStranger, (_request, response) => {
      response.setHeader('Allow', allow);
      throw new HttpError('method_not_allowed', `This address takes ${allow}.`);
    });
  }
  app.use('/v1', countStranger, countRefusal(limits));
}

/** Before the body is read: strangers make us parse nothing. */
function admitTo(
  { caller, takesPassword }: Endpoint,
  { authenticate, limits, keyUse, services }: MountOptions,
): RequestHandler {
  return async (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    const actor = await authenticate(request);
    const isNew = actor.type === 'api_key' && !keyUse.isKnown(actor.secretHash);
    if (isNew) {
      // It may be invented: only a key that there is is counted by itself.
      limits.refuseSpentStranger(request, response);
      await checkKey({ ...services, actor });
      keyUse.note(actor.secretHash);
    }
    await limits.countCaller(response, actor);
    if (takesPassword) await limits.countAttempt(request, response);
    if (actor.type === 'api_key') {
      // A GET's door looks the key up; everybody else shows it before we read what they sent.
      if (!isNew && (request.method !== 'GET' || caller === 'person')) await checkKey({ ...services, actor });
      if (caller === 'person') {
        throw new DomainError('forbidden', 'This takes a person with a session. An API key cannot do it.');
      }
    }
    response.locals.actor = actor;
    next();
  };
}

/** Who turns out to be nobody counts as a stranger; every other refusal says at least what the limit is. */
function countRefusal(limits: Limits): ErrorRequestHandler {
  return async (error, request, response, next) => {
    const isNobody = error instanceof DomainError && error.code === 'unauthenticated';
    if (isNobody) await limits.countStranger(request, response);
    else if (!response.hasHeader('RateLimit')) limits.showStranger(request, response);
    next(error);
  };
}

const routeOf = ({ path }: Endpoint): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

function allowedMethods(endpoints: readonly Endpoint[]): Map<string, string> {
  const allowed = new Map<string, string>();
  for (const endpoint of endpoints) {
    const methods = endpoint.method === 'get' ? 'GET, HEAD' : endpoint.method.toUpperCase();
    const others = allowed.get(routeOf(endpoint));
    allowed.set(routeOf(endpoint), others ? `${others}, ${methods}` : methods);
  }
  return allowed;
}

const noBody = z.strictObject({});

async function answer(endpoint: Endpoint, request: Request, response: Response, options: MountOptions): Promise<void> {
  const { services, facebook, credentials, repliesOff, keyUse } = options;
  const actor = response.locals.actor as Caller;
  const params = endpoint.params.parse(request.params);
  const query = parseQuery(endpoint, request);
  const body = (endpoint.body ?? noBody).parse(request.body ?? {});
  const once = onceOf(endpoint, request, actor, services.vault);
  const ctx = { ...services, actor, requestId: String(request.id), ifMatch: versionsIn(request), once };
  try {
    const lastEventId = request.get('Last-Event-ID') ?? null;
    const parsed = { ctx, facebook, credentials, repliesOff, params, query, body, lastEventId } as never;
    const answered = await counted(endpoint, parsed, { request, response, actor }, options);
    // Its door let it in.
    if (actor.type === 'api_key') keyUse.note(actor.secretHash);
    if (answered instanceof Stream) {
      const recheck = () => options.authenticate(request);
      const { streams } = options;
      await sendStream(request, response, answered, {
        name: endpoint.streams!,
        streams,
        reader: keyOf(actor),
        recheck,
        log: services.log,
      });
      return;
    }
    const { status, body: shown } = statusAndBody(endpoint, answered);
    if (typeof params.organization === 'string') {
      await answerLater(ctx, params.organization, { status, text: shown?.text ?? '', etag: shown?.etag });
    }
    send(response, status, shown?.text ?? '', shown?.etag);
  } catch (error) {
    if (!(error instanceof Replay)) {
      if (typeof params.organization === 'string') await answerNever(ctx, params.organization);
      throw error;
    }
    response.setHeader('Idempotent-Replayed', 'true');
    const { status, text, etag } = error.answer;
    send(response, status, text, etag);
  }
}

/** Runs it; some endpoints count by more than the caller. */
async function counted(
  endpoint: Endpoint,
  parsed: Parameters<Endpoint['run']>[0],
  { request, response, actor }: { request: Request; response: Response; actor: Caller },
  options: MountOptions,
): Promise<Answer> {
  const run = () => endpoint.run(parsed);
  if (endpoint.takesPassword) return await guessing(request, actor, run, options);
  const email = await endpoint.invites?.(parsed);
  if (!email) return await run();
  const { limits } = options;
  await limits.refuseInvitation(response, actor, email);
  const answer = await run();
  await limits.countInvitation(actor, email);
  return answer;
}

/** A password that a person shows beside the session is a guess at theirs: wrong ones lead to growing pauses. */
async function guessing(
  request: Request,
  actor: Caller,
  run: () => Promise<Answer>,
  { limits }: MountOptions,
): Promise<Answer> {
  if (actor.type !== 'user' || request.body?.password === undefined) return await run();
  const guess = await limits.beginGuess(request, ownPasswordOf(actor.userId));
  try {
    const answer = await run();
    await guess.wasRight();
    return answer;
  } catch (error) {
    if (!(error instanceof DomainError && error.code === 'wrong_password')) await guess.wasNone();
    throw error;
  }
}

// Errors name the parameter, not a place in the body.
function parseQuery(endpoint: Endpoint, request: Request): unknown {
  for (const [name, value] of Object.entries(request.query)) refuseUnsafe(value, name);
  const query = endpoint.query.safeParse(request.query);
  if (query.success) return query.data;
  const errors = fieldErrors(query.error).map(error => ({ ...error, pointer: error.pointer.split('/')[1]! }));
  throw new DomainError('invalid_request', 'Some query parameters are not valid.', errors);
}

const usualStatus = ({ responses }: Endpoint): number => Number(Object.keys(responses)[0]);

function statusAndBody(
  endpoint: Endpoint,
  answered: Exclude<Answer, Stream>,
): { status: number; body?: Rendered<unknown> } {
  if (!answered) return { status: usualStatus(endpoint) };
  return answered instanceof Rendered ? { status: usualStatus(endpoint), body: answered } : answered;
}

function send(response: Response, status: number, text: string, etag?: string): void {
  response.status(status);
  if (text === '') {
    response.end();
    return;
  }
  // For If-Match. Nobody is answered 304: what a check finds is shown too, and is no new version.
  if (etag) response.setHeader('ETag', etag);
  // Without Express's detours: lists are long, and asked for often.
  const length = Buffer.byteLength(text);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  // As many bytes as letters: all of it is ASCII, which Node sends as it is.
  response.setHeader('Content-Length', length).end(text, length === text.length ? 'latin1' : 'utf8');
}
