import type { Context } from '@pagekeeper/domain/context';
import type { Rendered } from '@pagekeeper/domain/resource';
import type { Caller, UserActor } from '@pagekeeper/domain/tenancy/actor';
import type { Credentials } from '@pagekeeper/domain/users/credentials';
import { z } from 'zod';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a handler is given: everything parsed, the caller known. */
export interface EndpointRequest<Params, Query, Body, Who extends Caller = Caller> {
  ctx: Context<Who>;
  /** Facebook's id of our app, which checks compare tokens with. */
  appId: string;
  /** For what asks a person for their password again. */
  credentials: Credentials;
  params: Params;
  query: Query;
  body: Body;
}

/** Ready JSON; with a status of its own where an endpoint has more than one. Nothing: 204. */
export type Answer = Rendered<unknown> | { status: number; body: Rendered<unknown> } | undefined;

/** One endpoint: its contract and the one verb it calls. The router, the OpenAPI document and the tests read it. */
export interface Endpoint {
  method: Method;
  /** As in api.md: `/v1/organizations/{organization}`. */
  path: string;
  summary: string;
  tag: string;
  /** A person with a session only, or a customer's program with an API key too. */
  caller: 'person' | 'anyone';
  params: z.ZodObject;
  query: z.ZodObject;
  body: z.ZodObject | null;
  /** Success statuses with their bodies; null for none. The first is the usual one. */
  responses: Record<number, z.ZodType | null>;
  /** What it may refuse with, beside 400, 401, 404, 429 and 503. */
  refusals: readonly (403 | 409 | 412)[];
  run(request: EndpointRequest<never, never, never>): Promise<Answer>;
}

/** Declares an endpoint; the handler sees the types of its schemas. */
export function defineEndpoint<
  Params extends z.ZodObject,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>, z.core.$strict>,
  Body extends z.ZodObject | null = null,
  Who extends 'person' | 'anyone' = 'anyone',
>(
  endpoint: Omit<Endpoint, 'params' | 'query' | 'body' | 'run' | 'refusals' | 'caller'> & {
    caller?: Who;
    params: Params;
    query?: Query;
    body?: Body;
    refusals?: Endpoint['refusals'];
    run(
      request: EndpointRequest<
        z.output<Params>,
        z.output<Query>,
        Body extends z.ZodType ? z.output<Body> : undefined,
        Who extends 'person' ? UserActor : Caller
      >,
    ): Promise<Answer>;
  },
): Endpoint {
  const { query = noQuery, body = null } = endpoint;
  return { refusals: [], caller: 'anyone', ...endpoint, query, body } as Endpoint;
}

const noQuery = z.strictObject({});
