import type { Call } from './call.ts';
import { numbered } from './errors.ts';
import { textParam } from './params.ts';

const greatestLimit = 100;

/** One page of a list with cursors. `next` is absent on the last page and, as with Graph, embeds the access token. */
export function paginate<Item>(
  call: Call,
  items: readonly Item[],
  idOf: (item: Item) => string,
  present: (item: Item) => unknown,
) {
  const limit = limitOf(call);
  const start = startOf(call, items, idOf, limit);
  const page = items.slice(start, start + limit);
  if (page.length === 0) return { data: [] };
  const [before, after] = [
    encodeCursor(start, idOf(page[0]!)),
    encodeCursor(start + page.length - 1, idOf(page.at(-1)!)),
  ];
  return {
    data: page.map(present),
    paging: {
      cursors: { before, after },
      ...(start + limit < items.length ? { next: linkTo(call, { limit, after }) } : {}),
      ...(start > 0 ? { previous: linkTo(call, { limit, before }) } : {}),
    },
  };
}

/** A page without rows that still has a `next`: the knob for callers which stop at the first empty page. */
export function emptyPageBefore(call: Call, firstId: string) {
  const cursor = encodeCursor(-1, firstId);
  const next = linkTo(call, { limit: limitOf(call), after: cursor });
  return { data: [], paging: { cursors: { before: cursor, after: cursor }, next } };
}

function limitOf(call: Call): number {
  const limit = Number(textParam(call.params, 'limit') ?? call.world.state.app.knobs.page_size);
  if (!Number.isInteger(limit) || limit < 1) throw numbered(100, 'Param limit must be a positive integer.');
  return Math.min(limit, greatestLimit);
}

function startOf<Item>(call: Call, items: readonly Item[], idOf: (item: Item) => string, limit: number): number {
  const after = textParam(call.params, 'after');
  if (after !== undefined) return positionOf(after, items, idOf) + 1;
  const before = textParam(call.params, 'before');
  return before === undefined ? 0 : Math.max(0, positionOf(before, items, idOf) - limit);
}

const encodeCursor = (index: number, id: string) => `QVFI${Buffer.from(`${index}:${id}`).toString('base64url')}`;

/** Where a cursor points now. The id counts; the index is for rows that are gone meanwhile. */
function positionOf<Item>(cursor: string, items: readonly Item[], idOf: (item: Item) => string): number {
  const match = /^(-?\d+):(.+)$/.exec(Buffer.from(cursor.slice(4), 'base64url').toString('utf8'));
  if (!cursor.startsWith('QVFI') || !match) throw numbered(100, 'Invalid cursors values.');
  const index = Number(match[1]);
  // The usual case: nothing has moved since.
  const expected = items[index];
  if (index < 0 || (expected !== undefined && idOf(expected) === match[2])) return index;
  const found = items.findIndex(item => idOf(item) === match[2]);
  return found === -1 ? index - 1 : found;
}

function linkTo(call: Call, cursor: Record<string, string | number>): string {
  const url = new URL(`${call.baseUrl}/${call.version}/${call.segments.join('/')}`);
  url.searchParams.set('access_token', call.token ?? '');
  const fields = textParam(call.params, 'fields');
  if (fields) url.searchParams.set('fields', fields);
  for (const [name, value] of Object.entries(cursor)) url.searchParams.set(name, String(value));
  return url.href;
}
