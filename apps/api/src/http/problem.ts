import { errorCode, isDatabaseUnavailable } from '@pagekeeper/domain/database/errors';
import { DomainError, type ErrorCode, type FieldError, type LimitPolicy, OverLimit } from '@pagekeeper/domain/errors';
import { QueueUnavailableError } from '@pagekeeper/queue/errors';
import { blankTokens, type Log } from '@pagekeeper/runtime/log';
import type { ErrorRequestHandler, Request, Response } from 'express';
import * as z from 'zod';
import { showLimit } from '../limits/limit-headers.ts';
import { pointerPart } from './pointer.ts';

/** Refusals of HTTP itself, beside those of the domain. */
type HttpErrorCode =
  | 'malformed_json'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'no_such_route'
  | 'method_not_allowed'
  | 'origin_not_allowed'
  | 'wrong_signature'
  | 'wrong_credentials'
  | 'wrong_code'
  | 'account_exists'
  | 'internal';

export type ProblemCode = ErrorCode | HttpErrorCode;

/** Every refusal there is, once: status and title by code (RFC 9457). */
export const problems: Record<ProblemCode, { status: number; title: string }> = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  wrong_signature: { status: 400, title: 'The request is not signed by Facebook' },
  malformed_json: { status: 400, title: 'The body is not JSON' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  wrong_credentials: { status: 401, title: 'E-mail address or password is wrong' },
  wrong_code: { status: 401, title: 'The code is wrong' },
  wrong_password: { status: 403, title: 'The password is wrong or missing' },
  forbidden: { status: 403, title: 'Your role may not do this' },
  email_not_verified: { status: 403, title: 'Verify your e-mail address first' },
  origin_not_allowed: { status: 403, title: 'The request comes from another site' },
  not_found: { status: 404, title: 'There is no such thing here' },
  no_such_route: { status: 404, title: 'There is no such address' },
  method_not_allowed: { status: 405, title: 'The address does not take this method' },
  slug_taken: { status: 409, title: 'The slug is taken' },
  connection_not_ready: { status: 409, title: 'The connection is not ready' },
  page_taken: { status: 409, title: 'The page is taken' },
  already_member: { status: 409, title: 'The person is a member already' },
  invitation_closed: { status: 409, title: 'The invitation is over' },
  key_rotated: { status: 409, title: 'The API key was rotated already' },
  too_many_keys: { status: 409, title: 'There are too many API keys' },
  last_owner: { status: 409, title: 'An organization needs an OWNER' },
  request_in_flight: { status: 409, title: 'The same request is under way' },
  answer_lost: { status: 409, title: 'The request was carried out before' },
  contents_damaged: { status: 409, title: 'What is stored cannot be opened' },
  account_exists: { status: 409, title: 'There is an account already' },
  stale_version: { status: 412, title: 'It was changed meanwhile' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body is of another kind' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used for another request' },
  over_limit: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something failed on our side' },
  unavailable: { status: 503, title: 'Try again in a moment' },
};

/** When the same request may succeed, in seconds, where it is known beforehand. */
const retryAfterSeconds: Partial<Record<ProblemCode, string>> = { unavailable: '2', request_in_flight: '1' };

export const problemShape = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int().min(400).max(599),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]),
    request_id: z.string(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

/** A refusal of HTTP itself. */
export class HttpError extends Error {
  readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** Answers with `application/problem+json`. Nothing of an unexpected error is shown but the request's id. */
export function sendProblem(
  request: Request,
  response: Response,
  { code, detail, errors, limit, retryAfter = retryAfterSeconds[code] }: ToldProblem,
): void {
  const { status, title } = problems[code];
  if (retryAfter) response.setHeader('Retry-After', retryAfter);
  // Over what was said of another limit, which the request was within.
  if (limit) showLimit(response, limit, 0, Number(retryAfter));
  if (status === 401 && /^\/v1/i.test(request.path)) response.setHeader('WWW-Authenticate', 'Bearer');
  const problem = {
    type: `urn:pagekeeper:problem:${code}`,
    title,
    status,
    detail,
    instance: request.path,
    code,
    request_id: String(request.id),
    ...(errors?.length ? { errors } : {}),
  };
  // A token that was sent in the wrong place (as a field's name, in the path) is not sent back.
  response
    .status(status)
    .type('application/problem+json')
    .send(blankTokens(JSON.stringify(problem)));
}

/** Express's last handler: every error becomes a problem, and only unexpected ones are logged as errors. */
export function problemHandler(log: Log): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = describeProblem(error);
    if (problem.code === 'internal') log.error({ err: error, request_id: request.id }, 'request failed');
    if (problem.code === 'unavailable') log.warn({ err: error, request_id: request.id }, 'request refused');
    sendProblem(request, response, problem);
  };
}

// A statement or a lock that took too long, a deadlock, a failed serialization: the same request may succeed next.
const busyStates = new Set(['57014', '55P03', '40P01', '40001']);

/** A refusal as its caller is told. */
export interface ToldProblem {
  code: ProblemCode;
  detail: string;
  errors?: readonly FieldError[];
  /** In seconds. */
  retryAfter?: string | undefined;
  /** What there was too much of. */
  limit?: LimitPolicy;
}

/** What the caller is told of an error. */
export function describeProblem(error: unknown): ToldProblem {
  if (error instanceof OverLimit) {
    const { code, message: detail, policy: limit, retryAfterSeconds } = error;
    return { code, detail, limit, retryAfter: String(retryAfterSeconds) };
  }
  if (error instanceof DomainError) return { code: error.code, detail: error.message, errors: error.errors };
  if (error instanceof HttpError) return { code: error.code, detail: error.message };
  if (error instanceof z.ZodError) {
    return { code: 'invalid_request', detail: 'Some fields are not valid.', errors: fieldErrors(error) };
  }
  if (isDatabaseUnavailable(error)) return { code: 'unavailable', detail: 'The database cannot be reached.' };
  if (busyStates.has(errorCode(error) ?? '')) return { code: 'unavailable', detail: 'The database is busy.' };
  if (error instanceof QueueUnavailableError) return { code: 'unavailable', detail: 'The queue cannot be reached.' };
  return describeBodyError(error) ?? { code: 'internal', detail: 'Tell us the request id if it happens again.' };
}

// Express's body parser and router speak through `type` and `status`.
function describeBodyError(error: unknown): { code: ProblemCode; detail: string } | null {
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  if (type === 'encoding.unsupported') {
    return { code: 'unsupported_media_type', detail: 'A body may come in gzip, deflate or br, or as it is.' };
  }
  if (type === 'entity.parse.failed') return { code: 'malformed_json', detail: 'The body cannot be parsed as JSON.' };
  if (status === 413) return { code: 'body_too_large', detail: 'A body may have 100 kB.' };
  if (status === 415) return { code: 'unsupported_media_type', detail: 'Send JSON in UTF-8.' };
  if (status === 400) return { code: 'invalid_request', detail: 'The request cannot be read.' };
  return null;
}

/** Zod's words for its own ways to check say nothing to a caller. */
const codeOf = ({ code }: { code: string }): string =>
  code === 'custom' || code === 'invalid_union' ? 'invalid_value' : code;

/** A body of 100 kB can be wrong in ten thousand places. */
const maxFieldErrors = 50;

/** What zod found, with JSON pointers. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  const errors = error.issues.flatMap(issue => {
    const at = issue.path.map(part => `/${pointerPart(part)}`).join('');
    if (issue.code !== 'unrecognized_keys') return [{ pointer: at, code: codeOf(issue), detail: issue.message }];
    return issue.keys.map(key => ({
      pointer: `${at}/${pointerPart(key)}`,
      code: 'unknown_field',
      detail: 'There is no such field.',
    }));
  });
  return errors.slice(0, maxFieldErrors);
}
