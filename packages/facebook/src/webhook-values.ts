import { hash } from 'node:crypto';

// Written by hand and not with a schema: these run for each of 15,000 changes a second.

export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; null for arrays and everything else. */
export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

// Visible ASCII only: an id goes into hashes, paths and logs, and Postgres takes no NUL.
const idForm = /^[\x21-\x7e]{1,512}$/;

/** An id as a string. A number too large to be exact has lost its last digits in JSON.parse and is no id any more. */
export function idOf(value: unknown): string | null {
  if (typeof value === 'string') return idForm.test(value) ? value : null;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? String(value) : null;
}

/** `id` of an object, such as `from` or `sender`. */
export function idWithin(value: unknown): string | null {
  return idOf(fieldsOf(value)?.id);
}

/** A person's text: without NUL, which Postgres refuses, and without lone surrogates, which UTF-8 cannot hold. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return value.replace(/\p{Surrogate}/gu, '\ufffd').replaceAll('\0', '');
}

const maxTimeMs = 2 ** 48 - 1;

/**
 * A time in seconds, milliseconds or ISO 8601. The unit is seconds in `changes` and milliseconds in `messaging`, but
 * exceptions are known, so the size decides: 1e11 ms is 1973, 1e11 s the year 5138.
 */
export function timeOf(value: unknown): Date | null {
  const number = typeof value === 'string' ? numberIn(value) : value;
  if (typeof number !== 'number' || !(number > 0)) return null;
  const ms = Math.trunc(number < 1e11 ? number * 1000 : number);
  return ms <= maxTimeMs ? new Date(ms) : null;
}

function numberIn(text: string): number {
  // Graph writes +0000 where ISO 8601 wants +00:00.
  return /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}

/** The id of the object itself in a compound id: comments come bare and as POST_COMMENT. */
export function lastSegment(id: string): string {
  return id.slice(id.lastIndexOf('_') + 1);
}

/** A hash of any JSON value that does not depend on the order of its keys. */
export function hashOf(value: unknown): string {
  return hash('sha256', canonical(value, 0), 'base64url');
}

/** Deeper than any real payload; JSON.parse accepts depths that JSON.stringify cannot write again. */
export const maxDepth = 40;

function canonical(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (depth > maxDepth) return '"deep"';
  if (Array.isArray(value)) return `[${value.map(item => canonical(item, depth + 1)).join()}]`;
  const fields = value as Fields;
  const names = Object.keys(fields).sort();
  return `{${names.map(name => `${JSON.stringify(name)}:${canonical(fields[name], depth + 1)}`).join()}}`;
}

/** Whether a value is nested deeper than {@link maxDepth}. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth > maxDepth) return true;
  for (const name in value) {
    if (isTooDeep((value as Fields)[name], depth + 1)) return true;
  }
  return false;
}
