import { isUtf8 } from 'node:buffer';
import { DomainError } from '@pagekeeper/domain/errors';
import express, { type RequestHandler } from 'express';
import { pointerPart } from './pointer.ts';
import { HttpError } from './problem.ts';

const parse = express.json({
  limit: '100kb',
  // What is no object is refused as any wrong field is.
  strict: false,
  type: () => true,
  verify: (_request, _response, body) => {
    // The parser would put U+FFFD where it cannot read, and store that.
    if (!isUtf8(body)) throw new HttpError('malformed_json', 'The body is not UTF-8.');
  },
});

/**
 * Reads a JSON body, up to 100 kB inflated, into `request.body`; without one that stays undefined. Refuses other media
 * types, charsets and bytes, and what {@link refuseUnsafe} names.
 */
export const readJson: RequestHandler = (request, response, next) => {
  const { 'content-type': type, 'content-length': length, 'transfer-encoding': chunked } = request.headers;
  if (chunked === undefined && Number(length ?? 0) === 0) {
    next();
    return;
  }
  if (!jsonInUtf8.test(type ?? '')) {
    throw new HttpError('unsupported_media_type', 'Send a body with Content-Type: application/json, in UTF-8.');
  }
  parse(request, response, error => {
    if (error) next(error);
    else next(unsafeIn(request.body));
  });
};

/** The refusal of a body, as the error that `next` takes. */
function unsafeIn(body: unknown): unknown {
  try {
    if (body === null) throw refusal('', 'invalid_type', 'Send an object.');
    refuseUnsafe(body, '');
    return undefined;
  } catch (error) {
    return error;
  }
}

// The parser itself would take UTF-7, in which nothing that looks for a character finds it.
const jsonInUtf8 = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i;

const prototypeKeys = new Set(['__proto__', 'constructor', 'prototype']);
const maxDepth = 20;

/**
 * Refuses keys that poison whatever merges them later (JSON.parse makes `__proto__` an own key), and texts that
 * Postgres cannot hold: U+0000 and halves of surrogate pairs.
 * @param at where the value stands, as a JSON pointer
 */
export function refuseUnsafe(value: unknown, at: string, depth = 0): void {
  if (typeof value === 'string' && isUnstorable(value)) throw refusal(at, 'invalid_text', unstorable);
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxDepth) throw refusal(at, 'too_deep', 'It is nested too deeply.');
  for (const [key, child] of Object.entries(value)) {
    const pointer = `${at}/${pointerPart(key)}`;
    if (prototypeKeys.has(key)) throw refusal(pointer, 'forbidden_key', `No field may be called ${key}.`);
    refuseUnsafe(child, pointer, depth + 1);
  }
}

const unstorable = 'A text may hold neither U+0000 nor half of a surrogate pair.';
const isUnstorable = (text: string): boolean => text.includes('\0') || /\p{Surrogate}/u.test(text);

const refusal = (pointer: string, code: string, detail: string) =>
  new DomainError('invalid_request', 'Some fields are not valid.', [{ pointer, code, detail }]);
