import { checkSchema } from '@pagekeeper/domain/boot-checks';
import type { Database } from '@pagekeeper/domain/database/database';
import type { Auth } from '@pagekeeper/domain/users/auth';
import type { Express, Request, RequestHandler, Response } from 'express';
import { readJson } from '../http/json-body.ts';
import { HttpError, type ProblemCode, sendProblem } from '../http/problem.ts';
import type { Guess, Limits } from '../limits/limits.ts';
import { authHeaders } from './auth-headers.ts';
import { type AuthRoute, findAuthRoute } from './auth-routes.ts';
import { refuseForeignOrigin } from './authenticate.ts';

export interface MountAuthOptions {
  auth: Auth;
  database: Database;
  limits: Limits;
  publicUrl: string;
}

/** The routes of auth-routes.ts: better-auth behind the same rules for bodies, refusals and limits as `/v1`. */
export function mountAuth(app: Express, options: MountAuthOptions): void {
  const { limits, publicUrl } = options;
  const admit: RequestHandler = async (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    const route = findAuthRoute(request.method, request.path);
    if (!route) throw new HttpError('no_such_route', 'There is nothing here.');
    response.locals.route = route;
    if (request.headers.cookie) refuseForeignOrigin(request, publicUrl);
    // Before the body is read.
    if (route.isAttempt) await limits.countAttempt(request, response);
    else await limits.countNetwork(request, response);
    next();
  };
  app.all('/auth/{*path}', admit, readJson, async (request, response) => {
    const guess = await beginGuess(request, response, limits);
    const answer = await ask(request, options).catch(async error => {
      await guess?.wasNone();
      throw error;
    });
    if (answer.status < 400) await guess?.wasRight();
    else if (answer.status !== 401) await guess?.wasNone();
    await send(request, response, answer);
  });
}

async function beginGuess(request: Request, response: Response, limits: Limits): Promise<Guess | null> {
  const { guessesAt } = response.locals.route as AuthRoute;
  const subject = guessesAt?.(request.body ?? {});
  if (typeof subject !== 'string') return null;
  return await limits.beginGuess(request, response, subject.trim().toLowerCase());
}

async function ask(request: Request, { auth, database, publicUrl }: MountAuthOptions): Promise<globalThis.Response> {
  const answer = await auth.handler(toWebRequest(request, publicUrl));
  // It answers a lost database with a bare 500: asked ourselves, that is a 503.
  if (answer.status >= 500) await checkSchema(database);
  return answer;
}

function toWebRequest(request: Request, publicUrl: string): globalThis.Request {
  const query = request.originalUrl.indexOf('?');
  const url = new URL(request.path, publicUrl);
  if (query !== -1) url.search = request.originalUrl.slice(query);
  const headers = authHeaders(request);
  headers.delete('content-length');
  headers.delete('transfer-encoding');
  headers.delete('content-encoding');
  const { body } = request;
  return new globalThis.Request(url, {
    method: request.method,
    headers,
    ...(request.method === 'POST' && body !== undefined && { body: JSON.stringify(body) }),
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
