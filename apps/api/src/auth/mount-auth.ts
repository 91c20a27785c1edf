import { checkSchema } from '@pagekeeper/domain/boot-checks';
import type { Database } from '@pagekeeper/domain/database/database';
import { violates } from '@pagekeeper/domain/database/errors';
import { DomainError } from '@pagekeeper/domain/errors';
import type { Auth } from '@pagekeeper/domain/users/auth';
import type { SessionReader } from '@pagekeeper/domain/users/session-reader';
import type { Express, Request, RequestHandler, Response } from 'express';
import { readJson } from '../http/json-body.ts';
import { describeProblem, HttpError, type ProblemCode, problems, sendProblem } from '../http/problem.ts';
import { type Guess, type Limits, ownPasswordOf } from '../limits/limits.ts';
import { authHeaders } from './auth-headers.ts';
import { type AuthRoute, findAuthRoute } from './auth-routes.ts';
import { refuseForeignOrigin } from './authenticate.ts';
import { askedBy, isLink, land } from './links.ts';

export interface MountAuthOptions {
  auth: Auth;
  readSession: SessionReader;
  database: Database;
  limits: Limits;
  publicUrl: string;
}

/** The routes of auth-paths.ts: better-auth behind the same rules for bodies, refusals and limits as `/v1`. */
export function mountAuth(app: Express, options: MountAuthOptions): void {
  const { limits, publicUrl } = options;
  const admit: RequestHandler = async (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    const route = findAuthRoute(request.method, request.path);
    if (!route) throw new HttpError('no_such_route', 'There is nothing here.');
    response.locals.route = route;
    // One of the list, letter by letter.
    response.locals.template = request.path;
    // Nor does another site sign somebody in, who has no cookie yet.
    if (request.headers.cookie || request.headers.origin) refuseForeignOrigin(request, publicUrl);
    // Before the body is read.
    if (route.isAttempt) await limits.countAttempt(request, response);
    else await limits.countNetwork(request, response);
    next();
  };
  app.all('/auth/{*path}', admit, readJson, async (request, response) => {
    await limitMails(request, response, options);
    if (isLink(request)) await follow(request, response, options);
    else await send(request, response, await guess(request, response, options));
  });
}

/**
 * Counted by kind of mail and address alone: the answer does not tell whether it has an account, and who spends one kind
 * by requests that send nothing, such as to confirm what is confirmed, keeps nobody from a new password.
 */
async function limitMails(
  request: Request,
  response: Response,
  { limits, readSession }: MountAuthOptions,
): Promise<void> {
  const { mailsTo } = response.locals.route as AuthRoute;
  const address = mailsTo && request.body?.[mailsTo];
  if (typeof address !== 'string') return;
  await limits.countMail(response, `${request.path} ${address.trim().toLowerCase()}`);
  // The address that they have is told of each new one.
  const session = mailsTo === 'newEmail' && (await readSession(request.headers.cookie));
  if (session) await limits.countMail(response, `${request.path} of ${session.userId}`);
}

/** Asks, and counts a wrong password for whose it was meant to be. */
async function guess(request: Request, response: Response, options: MountAuthOptions): Promise<globalThis.Response> {
  const begun = await beginGuess(request, response, options);
  const answer = await ask(request, options).catch(async error => {
    await begun?.wasNone();
    throw error;
  });
  if (answer.status < 400) await begun?.wasRight();
  else if (!(await isWrongPassword(answer))) await begun?.wasNone();
  return answer;
}

async function beginGuess(
  request: Request,
  response: Response,
  { limits, readSession }: MountAuthOptions,
): Promise<Guess | null> {
  const { guessesAt } = response.locals.route as AuthRoute;
  if (guessesAt === 'own') {
    const session = await readSession(request.headers.cookie);
    return session && (await limits.beginGuess(request, ownPasswordOf(session.userId)));
  }
  const address = guessesAt && request.body?.email;
  if (typeof address !== 'string') return null;
  return await limits.beginGuess(request, address.trim().toLowerCase());
}

const isWrongPassword = async (answer: globalThis.Response): Promise<boolean> =>
  answer.status === 401 || (await answer.clone().text()).includes('"INVALID_PASSWORD"');

async function ask(request: Request, { auth, database, publicUrl }: MountAuthOptions): Promise<globalThis.Response> {
  const answer = await auth.handler(toWebRequest(request, publicUrl)).catch(error => {
    throw asRefusal(error);
  });
  // It makes what the database said a 422 or a bare 500: asked ourselves, a lost database is a 503.
  if (answer.status === 422 || answer.status >= 500) await checkSchema(database);
  if (answer.status >= 500) throw new Error(`better-auth answered ${answer.status}`);
  return answer;
}

/** A link of a mail: whatever comes of it, save a failure of ours, leads on to a page. */
async function follow(request: Request, response: Response, options: MountAuthOptions): Promise<void> {
  const answer = await ask(request, options).catch(error => {
    if (problems[describeProblem(error).code].status >= 500) throw error;
    return null;
  });
  for (const cookie of answer?.headers.getSetCookie() ?? []) response.append('Set-Cookie', cookie);
  land(response, answer, options.publicUrl);
}

/** What better-auth ran into when somebody else was faster. */
function asRefusal(error: unknown): unknown {
  if (violates(error, 'users_email_key')) return new HttpError('account_exists', 'Another account has this address.');
  if (violates(error, 'two_factors_user_id_key')) {
    return new DomainError('request_in_flight', 'The same request is under way.');
  }
  return error;
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
  return new globalThis.Request(isLink(request) ? askedBy(url) : url, {
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
  // What is declared, and nothing else: the session's token belongs into its HttpOnly cookie, where no script can read it.
  const shown = (response.locals.route as AuthRoute).answer.safeParse(JSON.parse(text));
  if (!shown.success) throw new Error(`better-auth answered what is not declared: ${shown.error.message}`);
  response.status(200).json(shown.data);
}

function refuseAs(request: Request, response: Response, answer: globalThis.Response, text: string): void {
  const { code = '', message = 'The request was refused.' } = text.startsWith('{') ? JSON.parse(text) : {};
  const problem = { code: problemOf(answer.status, code), detail: `${message}`.slice(0, 500) };
  const retryAfter = answer.headers.get('x-retry-after') ?? String(wrongCodes.seconds);
  sendProblem(request, response, answer.status === 429 ? { ...problem, limit: wrongCodes, retryAfter } : problem);
}

/** How long better-auth locks a second factor, and after how many wrong codes. */
const wrongCodes = { name: 'codes', points: 10, seconds: 900 };

const byCode: Record<string, ProblemCode> = {
  INVALID_EMAIL_OR_PASSWORD: 'wrong_credentials',
  INVALID_PASSWORD: 'wrong_password',
  INVALID_CODE: 'wrong_code',
  INVALID_BACKUP_CODE: 'wrong_code',
  FAILED_TO_CREATE_USER: 'account_exists',
  INVALID_CALLBACK_URL: 'invalid_request',
  INVALID_REDIRECT_URL: 'invalid_request',
};

const byStatus: Record<number, ProblemCode> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  // The same backup code from two browsers at once.
  409: 'request_in_flight',
  415: 'unsupported_media_type',
  429: 'over_limit',
};

function problemOf(status: number, code: string): ProblemCode {
  if (code.startsWith('USER_ALREADY_EXISTS')) return 'account_exists';
  return byCode[code] ?? byStatus[status] ?? 'invalid_request';
}
