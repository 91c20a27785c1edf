import { z } from 'zod';
import type { CallEntry, DeliveryEntry, LedgerEntry, SendNote } from '../state/ledger.ts';
import { control } from './control.ts';

const filters = {
  page_id: z.string().optional(),
  after: z.coerce.number().int().min(0).default(0),
};

export const ledgerControls = [
  control({
    method: 'get',
    path: '/ledger',
    query: z.strictObject({
      type: z.enum(['call', 'delivery']).optional(),
      path: z.string().optional(),
      endpoint: z.string().optional(),
      method: z.string().optional(),
      status: z.coerce.number().int().optional(),
      ...filters,
      limit: z.coerce.number().int().min(1).max(10_000).default(100),
    }),
    handle: ({ ledger }, { query }) => {
      const matching = ledger.entries.filter(
        entry =>
          entry.sequence > query.after &&
          (query.type === undefined || entry.type === query.type) &&
          (query.status === undefined || entry.status === query.status) &&
          isAbout(entry, query.page_id) &&
          (entry.type === 'delivery' ? !asksForCall(query) : isCallOf(entry, query)),
      );
      const data = matching.slice(0, query.limit);
      return { data, has_more: matching.length > data.length, last_sequence: ledger.lastSequence };
    },
  }),

  control({
    method: 'get',
    path: '/ledger/counts',
    query: z.strictObject(filters),
    handle: ({ ledger }, { query }) => {
      const entries = ledger.entries.filter(entry => entry.sequence > query.after && isAbout(entry, query.page_id));
      return { ...countEntries(entries), last_sequence: ledger.lastSequence };
    },
  }),
];

interface CallFilter {
  path?: string | undefined;
  endpoint?: string | undefined;
  method?: string | undefined;
}

const asksForCall = ({ path, endpoint, method }: CallFilter) =>
  [path, endpoint, method].some(given => given !== undefined);

function isCallOf(entry: CallEntry, { path, endpoint, method }: CallFilter): boolean {
  if (path !== undefined && !entry.path.includes(path)) return false;
  if (endpoint !== undefined && entry.endpoint !== endpoint) return false;
  return method === undefined || entry.method === method.toUpperCase();
}

function isAbout(entry: LedgerEntry, pageId: string | undefined): boolean {
  if (pageId === undefined) return true;
  return entry.type === 'call' ? entry.page_id === pageId : entry.page_ids.includes(pageId);
}

function countEntries(entries: readonly LedgerEntry[]) {
  const calls = entries.filter((entry): entry is CallEntry => entry.type === 'call');
  const deliveries = entries.filter((entry): entry is DeliveryEntry => entry.type === 'delivery');
  const sends = calls.flatMap(call => (call.send ? [call.send] : []));
  return {
    calls: {
      total: calls.length,
      by_endpoint: tally(calls, call => `${call.method} ${call.endpoint}`),
      by_status: tally(calls, call => String(call.status ?? 'cut')),
    },
    deliveries: {
      total: deliveries.length,
      bodies: new Set(deliveries.map(delivery => delivery.body_id)).size,
      by_status: tally(deliveries, delivery => String(delivery.status ?? delivery.failure)),
    },
    sends: countSends(sends),
  };
}

/** How many writes took effect, and which target got more than one: what "at most one reply" is checked against. */
function countSends(sends: SendNote[]) {
  const applied = sends.filter(send => send.id !== null);
  const by_target = tally(applied, targetOf);
  const repeated = Object.fromEntries(Object.entries(by_target).filter(([, count]) => count > 1));
  return {
    total: sends.length,
    applied: applied.length,
    by_kind: tally(applied, send => send.kind),
    by_target,
    repeated,
  };
}

function targetOf(send: SendNote): string {
  return send.comment_id === null ? `recipient ${send.recipient}` : `comment ${send.comment_id}`;
}

function tally<Item>(items: readonly Item[], keyOf: (item: Item) => string): Record<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return Object.fromEntries(counts);
}
