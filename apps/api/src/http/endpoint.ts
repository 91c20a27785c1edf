import type { Permission } from '@pagekeeper/domain/access/authorize';
import type { FacebookApp } from '@pagekeeper/domain/connections/facebook-connection';
import type { Context } from '@pagekeeper/domain/context';
import type { ErrorCode } from '@pagekeeper/domain/errors';
import type { Rendered } from '@pagekeeper/domain/resource';
import type { Caller, UserActor } from '@pagekeeper/domain/tenancy/actor';
import type { Credentials } from '@pagekeeper/domain/users/credentials';
import * as z from 'zod';

type Awaitable<Value> = Value | Promise<Value>;

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a handler is given: everything parsed, the caller known. */
export interface EndpointRequest<Params, Query, Body, Who extends Caller = Caller> {
  ctx: Context<Who>;
  /** Our app at Facebook: its login dialog, and the id that checks compare tokens with. */
  facebook: FacebookApp;
  /** For what asks a person for their password again. */
  credentials: Credentials;
  /** The operator's switch: nobody is answered in the whole system. */
  repliesOff: boolean;
  params: Params;
  query: Query;
  body: Body;
  /** `Last-Event-ID`: where a stream broke off. */
  lastEventId: string | null;
}

/** One thing that a stream tells, as JSON in one line. */
export interface Told {
  id: string;
  text: string;
}

/** An answer that comes bit by bit: each look gives what is new. */
export class Stream {
  /** Whose streams it is counted among: an organization's id. */
  readonly owner: string;
  readonly look: () => Promise<readonly Told[]>;

  constructor(owner: string, look: Stream['look']) {
    this.owner = owner;
    this.look = look;
  }
}

/** Ready JSON; with a status of its own where an endpoint has more than one. Nothing: 204. */
export type Answer = Rendered<unknown> | { status: number; body: Rendered<unknown> } | Stream | undefined;

/** One endpoint: its contract and the one verb it calls. The router, the OpenAPI document and the tests read it. */
export interface Endpoint {
  method: Method;
  /** As in the documentation: `/v1/organizations/{organization}`. */
  path: string;
  summary: string;
  tag: string;
  /** What its verb asks `authorize` for. Outside of an organization people need none of it, keys do. */
  permission: Permission;
  /** Takes a password, which could be guessed here: counted as an attempt to sign in is. */
  takesPassword: boolean;
  /** Where it sends an invitation: the address, by which it is counted as such. Null: it will be refused. */
  invites: ((request: EndpointRequest<never, never, never>) => Awaitable<string | null>) | null;
  /** A person with a session only, or a customer's program with an API key too. */
  caller: 'person' | 'anyone';
  params: z.ZodObject;
  query: z.ZodObject;
  body: z.ZodObject | null;
  /** Success statuses with their bodies; null for none. The lowest is the usual one. */
  responses: Record<number, z.ZodType | null>;
  /** Answers with server-sent events of this name, of which each `data` is such a body. */
  streams: string | null;
  /** What it may refuse with, beside what all do. */
  refusals: readonly ErrorCode[];
  run(request: EndpointRequest<never, never, never>): Promise<Answer>;
}

/** What the handler of an endpoint with these schemas is given. */
type TypedRequest<Params extends z.ZodObject, Query extends z.ZodObject, Body, Who> = EndpointRequest<
  z.output<Params>,
  z.output<Query>,
  Body extends z.ZodType ? z.output<Body> : undefined,
  Who extends 'person' ? UserActor : Caller
>;

/** Declares an endpoint; the handler sees the types of its schemas. */
export function defineEndpoint<
  Params extends z.ZodObject,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>, z.core.$strict>,
  Body extends z.ZodObject | null = null,
  Who extends 'person' | 'anyone' = 'anyone',
>(
  endpoint: Omit<
    Endpoint,
    'params' | 'query' | 'body' | 'run' | 'refusals' | 'caller' | 'streams' | 'takesPassword' | 'invites'
  > & {
    caller?: Who;
    params: Params;
    query?: Query;
    body?: Body;
    streams?: string;
    takesPassword?: boolean;
    refusals?: Endpoint['refusals'];
    invites?(request: TypedRequest<Params, Query, Body, Who>): Awaitable<string | null>;
    run(request: TypedRequest<Params, Query, Body, Who>): Promise<Answer>;
  },
): Endpoint {
  const { query = noQuery, body = null } = endpoint;
  const usual = { refusals: [], caller: 'anyone', streams: null, takesPassword: false, invites: null };
  return { ...usual, ...endpoint, query, body } as Endpoint;
}

const noQuery = z.strictObject({});
