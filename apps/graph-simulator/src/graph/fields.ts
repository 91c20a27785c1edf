import { forgetOldest } from '../state/bounded.ts';
import { numbered } from './errors.ts';
import { isRecord } from './params.ts';

interface Field {
  name: string;
  /** What stands in braces after it: `parent{id}`. */
  inner: string | null;
  /** Of `.limit(10)`; other modifiers are accepted and ignored. */
  limit?: number;
}

/** What an object can show. A value is computed only when asked for; undefined leaves the field out. */
export type Readable = Record<string, (field: Field) => unknown>;

// The same few expressions come again and again, and once for each row of a list.
const parsed = new Map<string, readonly Field[]>();
const keptParsed = 1000;

/** Reads `id,message,parent{id},comments.limit(10){id}`. */
export function parseFields(text: string): readonly Field[] {
  const known = parsed.get(text);
  if (known) return known;
  const fields = splitTopLevel(text).map(parseField);
  parsed.set(text, fields);
  forgetOldest(parsed, keptParsed);
  return fields;
}

function parseField(part: string): Field {
  const match = /^\s*(\w+)((?:\.\w+\([^)]*\))*)(?:\{(.*)\})?\s*$/s.exec(part);
  if (!match) throw numbered(2500, `Syntax error in the field expression "${part.slice(0, 100)}".`);
  const limit = /\.limit\((\d{1,4})\)/.exec(match[2]!)?.[1];
  return { name: match[1]!, inner: match[3] ?? null, ...(limit ? { limit: Number(limit) } : {}) };
}

function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '{' || character === '(') depth += 1;
    if (character === '}' || character === ')') depth -= 1;
    if (character !== ',' || depth > 0) continue;
    parts.push(text.slice(start, index));
    start = index + 1;
  }
  return [...parts, text.slice(start)].filter(part => part.trim() !== '');
}

/** The fields asked for, or the usual ones; `id` always comes along. An unknown field is an error, as with Graph. */
export function selectFields(kind: string, object: Readable, asked: string | undefined, usual: string) {
  const selected: Record<string, unknown> = {};
  for (const field of parseFields(asked ?? usual)) {
    const read = Object.hasOwn(object, field.name) ? object[field.name] : undefined;
    if (!read) throw numbered(100, `Tried accessing nonexisting field (${field.name}) on node type (${kind})`);
    const value = read(field);
    if (value !== undefined) selected[field.name] = field.inner === null ? value : narrow(value, field.inner);
  }
  return { ...selected, id: object.id?.({ name: 'id', inner: null }) };
}

function narrow(value: unknown, inner: string): unknown {
  // A list has chosen from its rows already.
  if (!isRecord(value) || Array.isArray(value.data)) return value;
  const names = new Set(['id', ...parseFields(inner).map(field => field.name)]);
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name)));
}
