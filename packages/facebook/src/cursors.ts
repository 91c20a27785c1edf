import type { Secret } from '@pagekeeper/runtime/secret';
import { readListPage } from './graph-answers.ts';
import { localError } from './graph-error.ts';
import type { GraphResult, GraphTransport } from './graph-transport.ts';
import { noUsage } from './usage.ts';

export interface ListCall<Row> {
  path: string;
  token: Secret;
  fields?: string;
  /** Rows to ask for at a time, 100 when left out. Graph may give fewer. */
  limit?: number;
  /** Most requests one list may take. */
  maxRequests: number;
  readRow: (row: unknown) => Row | undefined;
}

/**
 * Reads a list to its end. The next request is built from the cursor: Graph's own `next` is a foreign URL with the
 * token in it. A list that does not end, or has a row that cannot be read, is an error and not a shorter list: what
 * is missing from it would be taken for gone.
 */
export async function readAll<Row>(transport: GraphTransport, list: ListCall<Row>): Promise<GraphResult<Row[]>> {
  const rows: Row[] = [];
  const seen = new Set<string>();
  let after: string | null = null;
  let usage = noUsage;
  for (let request = 0; request < list.maxRequests; request += 1) {
    const page: GraphResult<{ rows: Row[]; after: string | null }> = await readPage(transport, list, after);
    if (!page.ok) return page;
    rows.push(...page.value.rows);
    usage = page.usage;
    after = page.value.after;
    if (after === null) return { ok: true, value: rows, usage };
    if (seen.has(after))
      return { ok: false, error: localError('the cursors run in a circle', 'PERMANENT', 200, false), usage };
    seen.add(after);
  }
  const message = `the list is longer than ${list.maxRequests} pages`;
  return { ok: false, error: localError(message, 'PERMANENT', 200, false), usage };
}

function readPage<Row>(transport: GraphTransport, list: ListCall<Row>, after: string | null) {
  return transport.call({
    method: 'GET',
    path: list.path,
    query: {
      ...(list.fields ? { fields: list.fields } : {}),
      limit: String(list.limit ?? 100),
      ...(after ? { after } : {}),
    },
    token: list.token,
    read: body => {
      const page = readListPage(body);
      const rows = page?.rows.map(list.readRow).filter(row => row !== undefined);
      return page && rows?.length === page.rows.length ? { rows, after: page.after } : undefined;
    },
  });
}
