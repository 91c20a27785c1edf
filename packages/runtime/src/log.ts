import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';

export type Log = Logger;

/** Property names that never reach a log line, wherever an object carries them at the top or one level down. */
const redactedNames = [
  'access_token',
  'accessToken',
  'page_access_token',
  'pageAccessToken',
  'user_token',
  'token',
  'appsecret_proof',
  'client_secret',
  'password',
  'secret',
  'authorization',
  'cookie',
  'set-cookie',
];

/**
 * A JSON logger that prints no credential: known names are censored, errors are reduced to type, message, code and
 * stack (an error's other properties can carry a whole job or request), and tokens inside messages are blanked.
 */
export function createLog(options: { name: string; level: string; destination?: DestinationStream }): Log {
  const settings = {
    name: options.name,
    level: options.level,
    redact: { paths: redactedNames.flatMap(name => [`["${name}"]`, `*["${name}"]`]), censor: '[sealed]' },
    serializers: { err: describeError, error: describeError },
  };
  // Synchronous, and with its own handle: pino's default one would retry for ever on a pipe whose reader died, and keep
  // a process alive past its deadline.
  return pino(settings, options.destination ?? pino.destination({ dest: 1, sync: true }));
}

/** An error as a log line may show it. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: blankTokens(String(error)) };
  const { code } = error as Error & { code?: unknown };
  return {
    type: error.name,
    message: blankTokens(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: error.stack && blankTokens(error.stack),
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  };
}

// Meta's tokens start with EAA, our API keys with pgk_live_; a library that quotes a URL or a body quotes them too. The
// first letters of a key are no secret.
const tokenPattern = /EAA[A-Za-z0-9_-]{4,}|pgk_live_[A-Za-z0-9_-]{12,}/g;

/** The text with everything that looks like a Graph access token or an API key replaced. */
export function blankTokens(text: string): string {
  return text.replace(tokenPattern, '[sealed]');
}
