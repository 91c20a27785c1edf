/** What a verb may refuse with. HTTP has one table for these codes; a job treats them as outcomes. */
export type ErrorCode =
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'invalid_request'
  | 'slug_taken'
  | 'page_taken'
  | 'connection_not_ready'
  | 'key_rotated'
  | 'too_many_keys'
  | 'last_owner'
  | 'already_member'
  | 'invitation_closed'
  | 'email_not_verified'
  | 'wrong_password'
  | 'stale_version'
  | 'request_in_flight'
  | 'idempotency_key_reused'
  | 'answer_lost'
  | 'contents_damaged'
  | 'over_limit'
  | 'unavailable';

export interface FieldError {
  /** JSON pointer into the body, or the parameter's name. */
  pointer: string;
  code: string;
  detail: string;
}

/** An expected refusal, worded for the person who gets it. Carries no secret and no other tenant's fact. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];

  constructor(code: ErrorCode, detail: string, errors: readonly FieldError[] = []) {
    super(detail);
    this.name = 'DomainError';
    this.code = code;
    this.errors = errors;
  }
}

/** So many in so many seconds, under a name of one word. */
export interface LimitPolicy {
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
}

/** Too much of something for now. */
export class OverLimit extends DomainError {
  readonly policy: LimitPolicy;
  readonly retryAfterSeconds: number;

  constructor(detail: string, policy: LimitPolicy, retryAfterSeconds: number) {
    super('over_limit', detail);
    this.policy = policy;
    this.retryAfterSeconds = Math.max(retryAfterSeconds, 1);
  }
}

/** The one answer for an unknown id, another tenant's thing and an inactive parent. */
export const notFound = (what: string) => new DomainError('not_found', `No such ${what}.`);
