import * as z from 'zod';
import type { CallEntry, LedgerEntry } from '../state/ledger-entry.ts';
import { Tally } from '../state/tally.ts';
import { ControlError, control } from './control.ts';

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
      person_id: z.string().optional(),
      ...filters,
      limit: z.coerce.number().int().min(1).max(10_000).default(100),
    }),
    handle: ({ ledger }, { query }) => {
      const matching = ledger
        .after(query.after)
        .filter(
          entry =>
            (query.type === undefined || entry.type === query.type) &&
            (query.status === undefined || entry.status === query.status) &&
            isAbout(entry, query.page_id) &&
            (entry.type === 'delivery' ? !asksForCall(query) : isCallOf(entry, query)),
        );
      const data = matching.slice(0, query.limit);
      return {
        data,
        has_more: matching.length > data.length,
        last_sequence: ledger.lastSequence,
        forgotten_through: ledger.forgottenThrough,
      };
    },
  }),

  control({
    method: 'get',
    path: '/ledger/events',
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(10_000).default(100),
    }),
    handle: ({ ledger }, { query }) => {
      const later = ledger.events.filter(({ sequence }) => sequence > query.after);
      return { data: later.slice(0, query.limit), has_more: later.length > query.limit };
    },
  }),

  control({
    method: 'get',
    path: '/ledger/counts',
    query: z.strictObject(filters),
    handle: ({ ledger }, { query }) => {
      const { after, page_id } = query;
      if (after > 0 && after < ledger.forgottenThrough) {
        const sentence = `The entries up to ${ledger.forgottenThrough} are forgotten: ask without \`after\`, or from there.`;
        throw new ControlError(400, sentence);
      }
      const tally = after === 0 ? ledger.tally(page_id) : tallied(ledger.after(after), page_id);
      return { ...tally.describe(), last_sequence: ledger.lastSequence };
    },
  }),
];

interface CallFilter {
  path?: string | undefined;
  endpoint?: string | undefined;
  method?: string | undefined;
  person_id?: string | undefined;
}

const asksForCall = ({ path, endpoint, method, person_id }: CallFilter) =>
  [path, endpoint, method, person_id].some(given => given !== undefined);

function isCallOf(entry: CallEntry, { path, endpoint, method, person_id }: CallFilter): boolean {
  if (path !== undefined && !entry.path.includes(path)) return false;
  if (person_id !== undefined && entry.person_id !== person_id) return false;
  if (endpoint !== undefined && entry.endpoint !== endpoint) return false;
  return method === undefined || entry.method === method.toUpperCase();
}

function isAbout(entry: LedgerEntry, pageId: string | undefined): boolean {
  if (pageId === undefined) return true;
  return entry.type === 'call' ? entry.page_id === pageId : entry.page_ids.includes(pageId);
}

function tallied(entries: readonly LedgerEntry[], pageId: string | undefined): Tally {
  const tally = new Tally();
  for (const entry of entries) {
    if (!isAbout(entry, pageId)) continue;
    if (entry.type === 'call') tally.addCall(entry);
    else tally.addDelivery(entry);
  }
  return tally;
}
