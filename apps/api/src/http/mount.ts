import { randomUUID } from 'node:crypto';
import type { Services } from '@pagekeeper/domain/context';
import { DomainError } from '@pagekeeper/domain/errors';
import { answerLater } from '@pagekeeper/domain/idempotency/answer-later';
import { Replay } from '@pagekeeper/domain/idempotency/once';
import { Rendered } from '@pagekeeper/domain/resource';
import type { Caller } from '@pagekeeper/domain/tenancy/actor';
import { checkKey } from '@pagekeeper/domain/tenancy/check-key';
import type { Credentials } from '@pagekeeper/domain/users/credentials';
import type { Express, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { Answer, Endpoint } from './endpoint.ts';
import { readJson, refuseUnsafe } from './json-body.ts';
import { onceOf, versionsIn } from './preconditions.ts';
import { fieldErrors, HttpError } from './problem.ts';

export interface MountOptions {
  services: Services;
  appId: string;
  credentials: Credentials;
  /** Who sent the request. @throws DomainError `unauthenticated` */
  authenticate(request: Request): Promise<Caller>;
}

/** Mounts endpoints: each request is authenticated, parsed by the endpoint's schemas, run, and answered. */
export function mountEndpoints(app: Express, endpoints: readonly Endpoint[], options: MountOptions): void {
  // Before the body is read: strangers make us parse nothing.
  const authenticate: RequestHandler = async (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    const actor = await options.authenticate(request);
    // A GET's door looks the key up; everybody else shows it before we read what they sent.
    if (actor.type === 'api_key' && request.method !== 'GET') await checkKey({ ...options.services, actor });
    response.locals.actor = actor;
    next();
  };
  for (const endpoint of endpoints) {
    app[endpoint.method](routeOf(endpoint), authenticate, ...readJson, async (request, response) => {
      await answer(endpoint, request, response, options);
    });
  }
  for (const [route, allow] of allowedMethods(endpoints)) {
    app.all(route, (_request, response) => {
      response.setHeader('Allow', allow);
      throw new HttpError('method_not_allowed', `This address takes ${allow}.`);
    });
  }
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
  const { services, appId, credentials } = options;
  const actor = response.locals.actor as Caller;
  if (endpoint.caller === 'person' && actor.type !== 'user') {
    throw new DomainError('forbidden', 'This takes a person with a session. An API key cannot do it.');
  }
  const params = endpoint.params.parse(request.params);
  const query = parseQuery(endpoint, request);
  const body = (endpoint.body ?? noBody).parse(request.body ?? {});
  const once = onceOf(endpoint, request, actor, services.vault);
  const ctx = { ...services, actor, requestId: String(request.id), ifMatch: versionsIn(request), once };
  try {
    const answered = await endpoint.run({ ctx, appId, credentials, params, query, body } as never);
    const { status, body: shown } = statusAndBody(endpoint, answered);
    if (once) await answerLater(ctx, String(params.organization), { status, text: shown?.text ?? '' });
    if (shown?.etag) response.setHeader('ETag', shown.etag);
    send(response, status, shown?.text ?? '');
  } catch (error) {
    if (!(error instanceof Replay)) throw error;
    response.setHeader('Idempotent-Replayed', 'true');
    send(response, error.status, error.text);
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

function statusAndBody(endpoint: Endpoint, answered: Answer): { status: number; body?: Rendered<unknown> } {
  if (!answered) return { status: usualStatus(endpoint) };
  return answered instanceof Rendered ? { status: usualStatus(endpoint), body: answered } : answered;
}

function send(response: Response, status: number, text: string): void {
  response.status(status);
  if (text === '') response.end();
  else response.type('application/json').send(text);
}

/** The caller's request id where it is a sensible one, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.-]{1,64}$/.test(header) ? header : randomUUID();
}
