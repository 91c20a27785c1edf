import { randomUUID } from 'node:crypto';
import type { Services } from '@pagekeeper/domain/context';
import { Rendered } from '@pagekeeper/domain/resource';
import type { UserActor } from '@pagekeeper/domain/tenancy/actor';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Endpoint } from './endpoint.ts';
import { HttpError } from './problem.ts';

export interface MountOptions {
  services: Services;
  appId: string;
  /** Who sent the request. @throws DomainError `unauthenticated` */
  authenticate(request: Request): Promise<UserActor>;
}

/** Mounts endpoints: each request is authenticated, parsed by the endpoint's schemas, run, and answered. */
export function mountEndpoints(app: Express, endpoints: readonly Endpoint[], options: MountOptions): void {
  const parseJson = express.json({ limit: '100kb', strict: true, type: 'application/json' });
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1');
    const handle = async (request: Request, response: Response) => {
      const actor = await options.authenticate(request);
      send(response, endpoint, await run(endpoint, request, actor, options));
    };
    if (endpoint.body) app[endpoint.method](path, requireJson, parseJson, handle);
    else app[endpoint.method](path, handle);
  }
}

async function run(endpoint: Endpoint, request: Request, actor: UserActor, { services, appId }: MountOptions) {
  refusePrototypeKeys(request.body);
  return await endpoint.run({
    ctx: { ...services, actor, requestId: String(request.id) },
    appId,
    params: endpoint.params.parse(request.params),
    query: endpoint.query.parse(request.query),
    body: endpoint.body?.parse(request.body ?? {}),
  } as never);
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

function requireJson(request: Request, _response: Response, next: NextFunction): void {
  if (request.is('application/json')) next();
  else next(new HttpError('unsupported_media_type', 'Send a body with Content-Type: application/json.'));
}

const prototypeKeys = new Set(['__proto__', 'constructor', 'prototype']);

// JSON.parse makes `__proto__` an own key: harmless here, poison for whatever merges it later.
function refusePrototypeKeys(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > 20) throw new HttpError('malformed_json', 'The body is nested too deeply.');
  for (const [key, child] of Object.entries(value)) {
    if (prototypeKeys.has(key)) throw new HttpError('malformed_json', `A body may not have the key ${key}.`);
    refusePrototypeKeys(child, depth + 1);
  }
}

/** The caller's request id where it is a sensible one, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.-]{1,64}$/.test(header) ? header : randomUUID();
}
