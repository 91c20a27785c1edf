import type { Request, Response } from 'express';
import type { World } from '../world.ts';
import { readParams, textParam } from './params.ts';
import { perform } from './perform.ts';

/** Serves whatever is not the control API, the dialog or the page as a Graph call. */
export function serveGraph(world: World) {
  return async (request: Request, response: Response): Promise<void> => {
    const url = new URL(request.originalUrl, 'http://graph.invalid');
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const params = readParams(request.method, url.searchParams, request.headers['content-type'] ?? '', body);
    const answer = await perform(world, {
      method: request.method,
      path: url.pathname,
      params,
      token: tokenOf(request, textParam(params, 'access_token')),
      baseUrl: `${request.protocol}://${request.headers.host ?? 'localhost'}`,
    });
    if (answer.cut) {
      request.socket.destroy();
      return;
    }
    response.status(answer.status).set(answer.headers).end(answer.body);
  };
}

/** The token of the query or form, else the Bearer one. Without `Bearer ` before it a header token is not seen. */
function tokenOf(request: Request, parameter: string | undefined): string | null {
  if (parameter !== undefined) return parameter;
  return /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
}
