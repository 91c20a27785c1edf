/** What a verb may refuse with. HTTP has one table for these codes; a job treats them as outcomes. */
export type ErrorCode =
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'invalid_request'
  | 'slug_taken'
  | 'page_taken'
  | 'parent_inactive'
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

/** The one answer for an unknown id, another tenant's thing and an inactive parent. */
export const notFound = (what: string) => new DomainError('not_found', `No such ${what}.`);
