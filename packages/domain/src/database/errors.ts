/** The driver's own error: Objection wraps it. */
function driverError(error: unknown): { code?: unknown; constraint?: unknown } {
  const { nativeError } = (error ?? {}) as { nativeError?: unknown };
  return ((nativeError ?? error) as object | null) ?? {};
}

/** A PostgreSQL error's SQLSTATE, or the system's error code; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  const { code } = driverError(error);
  return typeof code === 'string' ? code : undefined;
}

/** True for a violation of this unique constraint or index. */
export const violates = (error: unknown, constraint: string): boolean =>
  errorCode(error) === '23505' && driverError(error).constraint === constraint;

const unreachable = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH']);

/**
 * True when the database could not be asked: connection refused or lost, shutting down (class 57P), too many
 * connections (53300), class 08, a full disk (53100), another password than ours (28P01, while it is changed), no free
 * connection in the pool, or no answer for too long (to a new connection either), as from a PgBouncer whose server is gone.
 * The caller may try again.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  const code = errorCode(error);
  if (code) return unreachable.has(code) || /^(57P0|08|53|28P01)/.test(code);
  const message = error instanceof Error ? error.message : '';
  return /Query read timeout|Connection terminated|Connection ended|Timeout acquiring a connection|timeout exceeded when|timeout expired/.test(
    message,
  );
}
