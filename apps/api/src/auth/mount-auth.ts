import { checkSchema } from '@pagekeeper/domain/boot-checks';
import type { Database } from '@pagekeeper/domain/database/database';
import type { Auth } from '@pagekeeper/domain/users/auth';
import { fromNodeHeaders } from 'better-auth/node';
import type { Express, Request, RequestHandler, Response } from 'express';
import { readJson } from '../http/json-body.ts';
import { HttpError, type ProblemCode, sendProblem } from '../http/problem.ts';
import { refuseForeignOrigin } from './authenticate.ts';

/** Sign-up, sign-in and sessions at `/auth`: better-auth behind the same rules for bodies and refusals as `/v1`. */
export function mountAuth(app: Express, options: { auth: Auth; database: Database; publicUrl: string }): void {
  const { auth, database, publicUrl } = options;
  const refuse: RequestHandler = (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    if (request.headers.cookie) refuseForeignOrigin(request, publicUrl);
    next();
  };
  const handle: RequestHandler = async (request, response) => {
    const answer = await auth.handler(toWebRequest(request, publicUrl));
    // It answers a lost database with a bare 500: asked ourselves, that is a 503.
    if (answer.status >= 500) await checkSchema(database);
    await send(request, response, answer);
  };
  app.get('/auth/{*path}', refuse, handle);
  app.post('/auth/{*path}', refuse, ...readJson, handle);
}

function toWebRequest(request: Request, publicUrl: string): globalThis.Request {
  const query = request.originalUrl.indexOf('?');
  const url = new URL(request.path, publicUrl);
  if (query !== -1) url.search = request.originalUrl.slice(query);
  const headers = fromNodeHeaders(request.headers);
  headers.delete('content-length');
  headers.delete('transfer-encoding');
  headers.delete('content-encoding');
  const { body } = request;
  return new globalThis.Request(url, {
    method: request.method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function send(request: Request, response: Response, answer: globalThis.Response): Promise<void> {
  for (const cookie of answer.headers.getSetCookie()) response.append('Set-Cookie', cookie);
  const text = await answer.text();
  if (answer.status >= 400) {
    refuseAs(request, response, answer, text);
    return;
  }
  const location = answer.headers.get('location');
  if (location) response.setHeader('Location', location);
  response
    .status(answer.status)
    .type(answer.headers.get('content-type') ?? 'text/plain')
    .send(withoutTokens(text));
}

// The session's token belongs into its HttpOnly cookie, where no script can read it, and nowhere else.
function withoutTokens(text: string): string {
  if (!text.startsWith('{') && !text.startsWith('[')) return text;
  return JSON.stringify(JSON.parse(text), (name, value) => (name === 'token' ? undefined : value));
}

function refuseAs(request: Request, response: Response, answer: globalThis.Response, text: string): void {
  const retryAfter = answer.headers.get('x-retry-after');
  if (retryAfter) response.setHeader('Retry-After', retryAfter);
  if (answer.status >= 500) throw new Error(`better-auth answered ${answer.status}`);
  if (answer.status === 404 && text === '') throw new HttpError('no_such_route', 'There is nothing here.');
  const { code = '', message = 'The request was refused.' } = text.startsWith('{') ? JSON.parse(text) : {};
  sendProblem(request, response, { code: problemOf(answer.status, code), detail: `${message}`.slice(0, 500) });
}

const byStatus: Record<number, ProblemCode> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'account_exists',
  415: 'unsupported_media_type',
  429: 'over_limit',
};

function problemOf(status: number, code: string): ProblemCode {
  if (code.startsWith('USER_ALREADY_EXISTS')) return 'account_exists';
  if (code === 'INVALID_EMAIL_OR_PASSWORD') return 'wrong_credentials';
  return byStatus[status] ?? 'invalid_request';
}
