import { nextWord } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { GraphError } from './errors.ts';

/** What goes back over the wire; `cut` instead of an answer means that the connection is broken. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
  cut: boolean;
  /** The body comes in two halves this far apart; or only the first half, and then the connection is cut. */
  halfway?: { ms: number; cut: boolean };
  error: { code: number; subcode: number | null } | null;
}

/** A result as Graph sends it. */
export function success(state: State, version: string, result: unknown): Answer {
  return { status: 200, headers: usualHeaders(state, version), body: JSON.stringify(result), cut: false, error: null };
}

/** A failure in Graph's envelope. */
export function failure(state: State, version: string, error: GraphError): Answer {
  const headers = usualHeaders(state, version);
  const envelope = {
    message: error.message,
    type: error.type,
    ...(error.transient === undefined ? {} : { is_transient: error.transient }),
    ...(error.code === 0 ? {} : { code: error.code }),
    ...(error.subcode === undefined ? {} : { error_subcode: error.subcode }),
    ...error.details,
    fbtrace_id: headers['x-fb-trace-id'],
  };
  const challenge = `OAuth "Facebook Platform" "${error.challenge}" "${headerSafe(error.message)}"`;
  return {
    status: error.http,
    headers: { ...headers, 'www-authenticate': challenge },
    body: JSON.stringify({ error: envelope }),
    cut: false,

    error: { code: error.code, subcode: error.subcode ?? null },
  };
}

/** What a proxy in front of Graph answers: not JSON. */
export function html(state: State, version: string, status: number): Answer {
  const title = status === 502 ? 'Bad Gateway' : 'Error';
  const body = `<!DOCTYPE html><html><head><title>${status} ${title}</title></head><body><h1>${title}</h1></body></html>`;
  const headers = { ...usualHeaders(state, version), 'content-type': 'text/html; charset=utf-8' };
  return { status, headers, body, cut: false, error: null };
}

export function empty(state: State, version: string, status: number): Answer {
  return { status, headers: usualHeaders(state, version), body: '', cut: false, error: null };
}

export function cutConnection(): Answer {
  return { status: 0, headers: {}, body: '', cut: true, error: null };
}

const constantHeaders = {
  'content-type': 'application/json; charset=UTF-8',
  'x-fb-rev': '1030000000',
  'cache-control': 'no-store',
  pragma: 'no-cache',
  expires: 'Sat, 01 Jan 2000 00:00:00 GMT',
  'access-control-allow-origin': '*',
  'strict-transport-security': 'max-age=15552000; preload',
};

function usualHeaders(state: State, version: string): Record<string, string> {
  const word = nextWord(state, 'answer', '', 32);
  return {
    ...constantHeaders,
    'facebook-api-version': version,
    'x-fb-request-id': `A${word.slice(0, 10)}`,
    'x-fb-trace-id': `A${word.slice(10, 30)}`,
    'x-fb-debug': word,
  };
}

// A message can quote what a caller sent; a header takes printable ASCII only.
const headerSafe = (message: string) => message.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll('"', "'");
