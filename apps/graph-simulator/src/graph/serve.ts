import type { IncomingMessage, ServerResponse } from 'node:http';
import type { World } from '../world.ts';
import type { Answer } from './answer.ts';
import { readParams, textParam } from './params.ts';
import { perform } from './perform.ts';

const greatestBodyBytes = 2_000_000;

/** Whether a request is a Graph call: all that is not the page for people, the login dialog or the control API. */
export function isGraphCall({ method, url = '/' }: IncomingMessage): boolean {
  const [path, query = ''] = url.split('?', 2) as [string, string?];
  // Two things live at the root: the page, and for calls batches and objects by `ids`.
  if (path === '/') return method === 'POST' || /(^|&)ids=/.test(query);
  return !/^\/(__sim|assets)(\/|$)|^(\/v\d+\.\d+)?\/dialog\/oauth\/?$/.test(path);
}

/** Serves a Graph call. Not through Express, which would cost more than the call itself. */
export async function serveGraph(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://graph.invalid');
  const body = await readBody(request);
  if (!body) {
    response.writeHead(413).end();
    return;
  }
  const method = request.method ?? 'GET';
  const params = readParams(method, url.searchParams, request.headers['content-type'] ?? '', body);
  const answer = await perform(world, {
    method,
    path: url.pathname,
    params,
    token: tokenOf(request, textParam(params, 'access_token')),
    baseUrl: `http://${request.headers.host ?? 'localhost'}`,
  });
  respond(response, answer);
}

/** The whole body; null when it is too large. Then it is still read to its end, or the answer would not get through. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= greatestBodyBytes) chunks.push(chunk);
  }
  return bytes <= greatestBodyBytes ? Buffer.concat(chunks) : null;
}

function respond(response: ServerResponse, answer: Answer): void {
  if (answer.cut) {
    response.destroy();
    return;
  }
  const { status, headers, body, halfway } = answer;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  if (!halfway) {
    // As text it leaves in one piece with the headers.
    response.end(body);
    return;
  }
  const middle = Math.floor(body.length / 2);
  response.write(body.slice(0, middle), () => {
    if (halfway.cut) response.destroy();
    else setTimeout(() => response.end(body.slice(middle)), halfway.ms).unref();
  });
}

/** The token of the query or form, else the Bearer one. Without `Bearer ` before it a header token is not seen. */
function tokenOf(request: IncomingMessage, parameter: string | undefined): string | null {
  if (parameter !== undefined) return parameter;
  return /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
}
