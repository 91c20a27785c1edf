import { blankTokens } from '@pagekeeper/runtime/log';
import { stringsIn } from './payload.ts';

const maxMessageLength = 500;
const maxStackLines = 12;
// Shorter values would blank ordinary words.
const minBlankedLength = 6;
// Names that tell nothing.
const plainNames = new Set(['Error', 'error', 'UnrecoverableError']);

/**
 * The error as it may be stored next to its job and logged: name, code, message and stack frames, without tokens,
 * without the payload's values, and without whatever else the error carries.
 */
export function withoutContents(error: unknown, payload: unknown): Error {
  const values = stringsIn(payload).filter(value => value.length >= minBlankedLength);
  const clean = (text: string) =>
    values.reduce((rest, value) => rest.replaceAll(value, '[payload]'), blankTokens(text));
  if (!(error instanceof Error)) return bare(clean(String(error)).slice(0, maxMessageLength), []);
  const { code } = error as Error & { code?: unknown };
  const name = plainNames.has(error.name) ? '' : error.name;
  const prefix = [name, typeof code === 'string' ? code : ''].filter(Boolean);
  const message = clean([...prefix, error.message].join(': ')).slice(0, maxMessageLength);
  const frames = (error.stack ?? '').split('\n').filter(line => /^\s+at /.test(line));
  return bare(message, frames.slice(0, maxStackLines).map(clean));
}

function bare(message: string, frames: string[]): Error {
  const error = new Error(message);
  error.stack = [`Error: ${message}`, ...frames].join('\n');
  return error;
}
