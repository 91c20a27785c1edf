import { randomUUID } from 'node:crypto';
import type { Services } from '@pagekeeper/domain/context';
import { DomainError } from '@pagekeeper/domain/errors';
import { Rendered } from '@pagekeeper/domain/resource';
import type { UserActor } from '@pagekeeper/domain/tenancy/actor';
import type { Express, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { readJson, refuseUnsafe } from './json-body.ts';
import { fieldErrors, HttpError } from './problem.ts';

export interface MountOptions {
  services: Services;
  appId: string;
  /** Who sent the request. @throws DomainError `unauthenticated` */
  authenticate(request: Request): Promise<UserActor>;
}

/** Mounts endpoints: each request is authenticated, parsed by the endpoint's schemas, run, and answered. */
export function mountEndpoints(app: Express, endpoints: readonly Endpoint[], options: MountOptions): void {
  // Before the body is read: strangers make us parse nothing.
  const authenticate: RequestHandler = async (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    response.locals.actor = await options.authenticate(request);
    next();
  };
  for (const endpoint of endpoints) {
    app[endpoint.method](routeOf(endpoint), authenticate, ...readJson, async (request, response) => {
      send(response, endpoint, await run(endpoint, request, response.locals.actor, options));
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

async function run(endpoint: Endpoint, request: Request, actor: UserActor, { services, appId }: MountOptions) {
  return await endpoint.run({
    ctx: { ...services, actor, requestId: String(request.id) },
    appId,
    params: endpoint.params.parse(request.params),
    query: parseQuery(endpoint, request),
    body: (endpoint.body ?? noBody).parse(request.body ?? {}),
  } as never);
}

// Errors name the parameter, not a place in the body.
function parseQuery(endpoint: Endpoint, request: Request): unknown {
  for (const [name, value] of Object.entries(request.query)) refuseUnsafe(value, name);
  const query = endpoint.query.safeParse(request.query);
  if (query.success) return query.data;
  const errors = fieldErrors(query.error).map(error => ({ ...error, pointer: error.pointer.slice(1) }));
  throw new DomainError('invalid_request', 'Some query parameters are not valid.', errors);
}

function send(response: Response, endpoint: Endpoint, answer: Awaited<ReturnType<Endpoint['run']>>): void {
  const usual = Number(Object.keys(endpoint.responses)[0]);
  if (!answer) {
    response.status(usual).end();
    return;
  }
  const { status, body } = answer instanceof Rendered ? { status: usual, body: answer } : answer;
  response.status(status).type('application/json').send(body.text);
}

/** The caller's request id where it is a sensible one, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.-]{1,64}$/.test(header) ? header : randomUUID();
}
