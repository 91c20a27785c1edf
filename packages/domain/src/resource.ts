import { createHash } from 'node:crypto';
import { type QueryBuilder, type Raw, raw } from 'objection';
import * as z from 'zod';
import { DomainError } from './errors.ts';
import { type IdKind, parsePublicId, publicId, type Uuid } from './ids.ts';
import type { TenantModel } from './tenancy/tenant-model.ts';

/** A moment in an answer, with its offset. */
export const timestamp = z.iso.datetime({ offset: true }).meta({ example: '2026-11-30T09:00:00.000Z' });

/** JSON that is ready to be sent, of a known shape. Hot reads are never parsed on their way through. */
export class Rendered<Shape> {
  readonly text: string;
  /** Which version of a single resource it shows, as an entity tag. */
  readonly etag: string | undefined;

  constructor(text: string, etag?: string) {
    this.text = text;
    this.etag = etag;
  }

  /** The parsed value, for callers inside the house. */
  value(): Shape {
    return JSON.parse(this.text) as Shape;
  }
}

/** SQL expressions by field name, nested as the JSON shall be. */
export interface Fields {
  [name: string]: string | Fields;
}

/**
 * How a row is shown: the ids, made public in JavaScript, and the other fields, built as JSON by Postgres. What is
 * not listed cannot leak. Half again as fast as parsing columns and printing them again (measured).
 */
export class Resource<Shape> {
  readonly columns: readonly string[];
  /** What its own id names. */
  readonly kind: IdKind;
  readonly #ids: readonly { column: string; label: string; kind: IdKind }[];

  /**
   * @param ids public ids by field name; a column that may be null gives null
   * @param version the column that counts the resource's versions, where it has one
   */
  constructor(ids: Record<string, [kind: IdKind, column: string]>, fields: Fields, version?: string) {
    this.kind = ids.id![0];
    this.#ids = Object.entries(ids).map(([name, [kind]]) => ({ column: `id:${name}`, label: `"${name}":`, kind }));
    this.columns = [
      ...Object.entries(ids).map(([name, [, column]]) => `${column} as "id:${name}"`),
      `${jsonObject(fields)}::text as fields`,
      ...(version ? [`${version} as version`] : []),
    ];
  }

  /** For an Objection query's `select`. */
  get selection(): Raw[] {
    return this.columns.map(column => raw(column));
  }

  /** @param extra fields known without the database, such as the caller's role; rendered ones as they are */
  render(row: Record<string, unknown>, extra: Extra = noExtra): string {
    let text = '{';
    for (const { column, label, kind } of this.#ids) {
      const id = row[column] as string | null;
      text += id === null ? `${label}null,` : `${label}"${publicId(kind, id)}",`;
    }
    for (const [name, value] of Object.entries(extra)) {
      text += `"${name}":${value instanceof Rendered ? value.text : JSON.stringify(value)},`;
    }
    return `${text}${(row.fields as string).slice(1)}`;
  }

  one(row: Record<string, unknown>, extra?: Extra): Rendered<Shape> {
    return new Rendered(this.render(row, extra), row.version === undefined ? undefined : etagOf(Number(row.version)));
  }
}

const noExtra = {};

export type Extra = Readonly<Record<string, unknown>>;

/** A single resource of which nobody counts versions: its entity tag follows from what it shows. */
export const taggedByContent = <Shape>(text: string): Rendered<Shape> =>
  new Rendered(text, `"${createHash('sha256').update(text).digest('base64url')}"`);

/** A version as an entity tag: what `ETag` says and `If-Match` repeats. */
export const etagOf = (version: number): string => `"v${version}"`;

/**
 * Refuses to change what the caller has not seen (If-Match).
 * @throws DomainError `stale_version`
 */
export function refuseStale(ifMatch: readonly string[] | undefined, { version }: { version: number }): void {
  if (!ifMatch || ifMatch.includes('*') || ifMatch.includes(etagOf(version))) return;
  throw new DomainError('stale_version', 'Somebody changed it meanwhile. Read it again, then repeat your change.');
}

// Of PostgreSQL's ways to an object, the one that prints no blanks.
const jsonObject = (fields: Fields): string =>
  `(select row_to_json(fields) from (select ${Object.entries(fields)
    .map(([name, value]) => `${typeof value === 'string' ? value : jsonObject(value)} as "${name}"`)
    .join(', ')}) as fields)`;

/** A nested object, or null where the condition does not hold: for what an outer join may miss. */
export const jsonWhere = (condition: string, fields: Fields): string =>
  `case when ${condition} then ${jsonObject(fields)} end`;

export const cursorInput = z.string().max(200).optional().describe("The last page's `next_cursor`.");

/** Query parameters that every list takes. */
export const listInput = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(25).describe('How many at most, 1 to 100.'),
  cursor: cursorInput,
});

/** Which soft-deleted rows a list shows. */
export const activeInput = z
  .enum(['true', 'false', 'any'])
  .default('true')
  .describe('Soft-deleted rows: shown with `false` or `any`.');

export interface ListInput {
  limit: number;
  cursor?: string | undefined;
}

export interface List<Shape> {
  data: Shape[];
  has_more: boolean;
  next_cursor: string | null;
}

/**
 * Makes a query one page of a list, newest first. The cursor is the last row's id: inserts move nothing.
 * @param query selects nothing yet; filters are on it
 * @param idColumn the qualified id column that orders the list
 */
export function pageOf<Query extends QueryBuilder<TenantModel>>(
  query: Query,
  resource: Resource<unknown>,
  { limit, cursor }: ListInput,
  idColumn: string,
): Query {
  query
    .select(...resource.selection)
    .orderBy(idColumn, 'desc')
    .limit(limit + 1);
  if (cursor !== undefined) query.where(idColumn, '<', parseCursor(resource.kind, cursor));
  return query;
}

/** A list from rows that were fetched with one more than the limit. */
export function renderPage<Shape>(
  rows: Record<string, unknown>[],
  resource: Resource<Shape>,
  limit: number,
  extra?: (row: Record<string, unknown>) => Extra,
): Rendered<List<Shape>> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last ? `"${makeCursor(resource.kind, last['id:id'] as Uuid)}"` : 'null';
  const data = renderRows(shown, resource, extra);
  return new Rendered(`{"data":${data.text},"has_more":${rows.length > limit},"next_cursor":${next}}`);
}

/** Rows as a JSON array, for what is nested in something else. */
export function renderRows<Shape>(
  rows: readonly Record<string, unknown>[],
  resource: Resource<Shape>,
  extra?: (row: Record<string, unknown>) => Extra,
): Rendered<Shape[]> {
  return new Rendered(`[${rows.map(row => resource.render(row, extra?.(row))).join(',')}]`);
}

/** How many nested rows one answer shows of each parent. */
export const maxNested = 100;
/** How much JSON the nested rows of one answer may be. */
export const maxNestedLetters = 8_000_000;

/** `?include=a,b`: what is to be nested, of what the endpoint knows. */
export const includeInput = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z
    .string()
    .transform(text => text.split(','))
    .pipe(z.array(z.enum(names)))
    .default([])
    .describe(
      `Nested rows in the same answer, up to ${maxNested} of each: ${names.join(', ')}; joined by commas. ` +
        'Refused where they are more than 8 MB together.',
    );

/** An id as a place in lists of its kind. */
export const makeCursor = (kind: IdKind, id: Uuid): string => Buffer.from(publicId(kind, id)).toString('base64url');

/**
 * @param pointer where it stood
 * @throws DomainError `invalid_request` for anything that no list of this kind gave out
 */
export function parseCursor(kind: IdKind, cursor: string, pointer = 'cursor'): Uuid {
  const id = parsePublicId(kind, Buffer.from(cursor, 'base64url').toString('latin1'));
  if (!id || makeCursor(kind, id) !== cursor) {
    throw new DomainError('invalid_request', 'The cursor is not one that this list gave out.', [
      { pointer, code: 'invalid', detail: 'Pass `next_cursor` of the page before, unchanged.' },
    ]);
  }
  return id;
}

/** Narrows a list by the `active` parameter. */
export function whereActive(
  query: QueryBuilder<TenantModel>,
  column: string,
  active: z.output<typeof activeInput>,
): void {
  if (active !== 'any') query.where(column, active === 'true');
}
