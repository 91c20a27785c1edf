import type { NextFunction, Request, Response } from 'express';
import * as z from 'zod';
import type { World } from '../world.ts';

/** A refusal of the control API, told in one sentence. */
export class ControlError extends Error {
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

export interface ControlInput<Body, Query> {
  params: Record<string, string>;
  body: Body;
  query: Query;
}

/** One endpoint of the control API, ready to be mounted. */
export interface Control {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  serve: (world: World) => (request: Request, response: Response, next: NextFunction) => Promise<void>;
}

const nothing = z.strictObject({});
type Nothing = typeof nothing;

/**
 * Declares an endpoint: the path below `/__sim`, strict schemas for body and query, and what it does. It answers 200,
 * or what `status` says, with the JSON that `handle` returns.
 */
export function control<Body extends z.ZodType = Nothing, Query extends z.ZodType = Nothing>(declared: {
  method: Control['method'];
  path: string;
  body?: Body;
  query?: Query;
  status?: number;
  handle: (world: World, input: ControlInput<z.output<Body>, z.output<Query>>) => unknown;
}): Control {
  const { method, path, handle } = declared;
  const serve = (world: World) => async (request: Request, response: Response) => {
    const params = Object.fromEntries(Object.entries(request.params).map(([name, value]) => [name, String(value)]));
    const body = parse(declared.body ?? nothing, request.body ?? {}, 'body') as z.output<Body>;
    const query = parse(declared.query ?? nothing, { ...request.query }, 'query') as z.output<Query>;
    const result = await handle(world, { params, body, query });
    if (method !== 'get') world.changed();
    response.status(declared.status ?? 200).json(result);
  };
  return { method, path, serve };
}

function parse(schema: z.ZodType, value: unknown, where: 'body' | 'query'): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(issue => `${[where, ...issue.path].join('.')}: ${issue.message}`);
  throw new ControlError(400, `${faults.join('; ')}.`);
}

/** Turns whatever a control endpoint throws into `{ error }`. */
export function answerControlError(world: World) {
  return (error: unknown, _request: Request, response: Response, _next: NextFunction): void => {
    if (error instanceof ControlError) {
      response.status(error.status).json({ error: error.message });
      return;
    }
    const status = statusOf(error);
    if (status >= 500) world.log.error({ err: error }, 'control call failed');
    const sentence =
      status < 500 && error instanceof Error ? error.message : 'The simulator itself failed; see its log.';
    response.status(status).json({ error: sentence });
  };
}

// body-parser's errors carry the status they stand for.
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}

/** Finds, or refuses with a 404 that names what is missing. */
export function found<Thing>(thing: Thing | undefined, what: string, id: string): Thing {
  if (thing === undefined) throw new ControlError(404, `There is no ${what} ${id}.`);
  return thing;
}
