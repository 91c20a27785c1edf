/** Base of what this package throws on purpose. Messages hold no payload, no token and no connection string. */
export class QueueError extends Error {
  override name = 'QueueError';
}

/** The broker did not answer, refused, or took too long. The work may be tried again later. */
export class QueueUnavailableError extends QueueError {
  override name = 'QueueUnavailableError';
  readonly code: string;

  constructor(action: string, code: string) {
    super(`The queue could not ${action}: ${code}.`);
    this.code = code;
  }
}

/** The payload does not fit its job's schema, or could not be stored by every broker. */
export class InvalidPayloadError extends QueueError {
  override name = 'InvalidPayloadError';
}

/** The database holds no queue schema, or an older one than this release needs. */
export class QueueSchemaError extends QueueError {
  override name = 'QueueSchemaError';
}

/**
 * An error's code in a word. The message is left out on purpose: drivers quote commands and values in theirs, and
 * an error of ioredis carries the whole job in `command.args`.
 */
export function faultCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as Error & { code?: unknown };
  if (typeof code === 'string' && /^[A-Za-z0-9_-]{1,40}$/.test(code)) return code;
  // Redis starts its errors with a word in capitals: OOM, READONLY, NOAUTH.
  const word = /^(?:ReplyError: )?([A-Z]{2,20})\b/.exec(error.message)?.[1];
  return word ?? (error.name === 'Error' ? 'unreachable' : error.name);
}
