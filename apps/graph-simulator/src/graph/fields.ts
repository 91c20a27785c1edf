import { numbered } from './errors.ts';
import { isRecord } from './params.ts';

interface Field {
  name: string;
  /** What stands in braces after it: `parent{id}`. */
  inner: string | null;
}

/** What an object can show. A value is computed only when asked for; undefined leaves the field out. */
export type Readable = Record<string, () => unknown>;

/** Reads `id,message,parent{id},comments.limit(10){id}`. Modifiers such as `.limit(10)` are accepted and ignored. */
export function parseFields(text: string): Field[] {
  return splitTopLevel(text).map(part => {
    const match = /^\s*([\w]+)(?:\.\w+\([^)]*\))*(?:\{(.*)\})?\s*$/s.exec(part);
    if (!match) throw numbered(2500, `Syntax error in the field expression "${part.slice(0, 100)}".`);
    return { name: match[1]!, inner: match[2] ?? null };
  });
}

function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (const [index, character] of [...text].entries()) {
    if (character === '{' || character === '(') depth += 1;
    if (character === '}' || character === ')') depth -= 1;
    if (character !== ',' || depth > 0) continue;
    parts.push([...text].slice(start, index).join(''));
    start = index + 1;
  }
  return [...parts, [...text].slice(start).join('')].filter(part => part.trim() !== '');
}

/** The fields asked for, or the usual ones; `id` always comes along. An unknown field is an error, as with Graph. */
export function selectFields(kind: string, object: Readable, asked: string | undefined, usual: string) {
  const selected: Record<string, unknown> = {};
  for (const field of parseFields(asked ?? usual)) {
    const read = Object.hasOwn(object, field.name) ? object[field.name] : undefined;
    if (!read) throw numbered(100, `Tried accessing nonexisting field (${field.name}) on node type (${kind})`);
    const value = read();
    if (value !== undefined) selected[field.name] = field.inner === null ? value : narrow(value, field.inner);
  }
  return { ...selected, id: object.id?.() };
}

function narrow(value: unknown, inner: string): unknown {
  if (!isRecord(value)) return value;
  const names = new Set(['id', ...parseFields(inner).map(field => field.name)]);
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name)));
}
