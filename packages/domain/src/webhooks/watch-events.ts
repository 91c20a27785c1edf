import { type QueryBuilder, raw } from 'objection';
import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { parsePublicId, publicId, type Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import { readRows } from '../tenancy/read-rows.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { eventResource, timeInEvent } from './event-resource.ts';
import { WebhookEvent } from './webhook-event.ts';

export const watchEventsInput = z.strictObject({
  backlog: z.coerce.number().int().min(0).max(100).default(0).describe('How many of the newest are told at first.'),
});

/** How many of the newest events are looked at. What is older, or has no time, is found in the list. */
const watched = 200;

export interface EventWatch {
  organizationId: Uuid;
  /**
   * What is new or changed since the last look, oldest first, as the list shows it. The door is opened each time.
   * @throws DomainError once who watches may not any more
   */
  look(): Promise<{ id: string; text: string }[]>;
}

/**
 * Lets somebody watch an organization's newest events.
 * @param input.after the last event that was told before the reader lost us: what came or changed since is told first
 */
export async function watchEvents(
  ctx: Context,
  { organization, backlog, after }: { organization: string; backlog: number; after: string | null },
): Promise<EventWatch> {
  const organizationId = await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'event.read');
    return tx.tenant.organizationId;
  });
  const read = (build: (tx: TenantTx) => QueryBuilder<WebhookEvent>) =>
    readRows(ctx, { organization, permission: 'event.read' }, build);
  const last = after === null ? null : parsePublicId('event', after);
  const first = (rows: readonly Row[]) => (last ? since(rows, last) : rows.slice(0, backlog));
  let known: Map<Uuid, string> | null = null;
  let sum: unknown;
  return {
    organizationId,
    async look() {
      const [seen] = await read(checksum);
      if (known && seen?.sum === sum) return [];
      // What changes between the two is found at the next look.
      sum = seen?.sum;
      const rows = await read(details);
      const before = known;
      known = new Map(rows.map(row => [row['id:id'] as Uuid, row.fields as string]));
      const told = before ? rows.filter(row => before.get(row['id:id'] as Uuid) !== row.fields) : first(rows);
      return told
        .map(row => ({
          id: publicId('event', row['id:id'] as Uuid),
          text: eventResource.render(row, timeInEvent(row)),
        }))
        .reverse();
    },
  };
}

type Row = Record<string, unknown>;

/** What came or was done since this event came; some of it was told before. Without the event all of it may be new. */
function since(rows: readonly Row[], last: Uuid): readonly Row[] {
  const timesOf = ({ fields }: Row) =>
    JSON.parse(fields as string) as { received_at: string; processed_at: string | null };
  const lastRow = rows.find(row => row['id:id'] === last);
  if (!lastRow) return rows;
  const moment = timesOf(lastRow).received_at;
  return rows.filter(row => {
    const { received_at, processed_at } = timesOf(row);
    return received_at >= moment || (processed_at !== null && processed_at >= moment);
  });
}

const newest = (tx: TenantTx): QueryBuilder<WebhookEvent> =>
  WebhookEvent.query(tx).orderBy('webhook_events.id', 'desc').limit(watched);

const details = (tx: TenantTx): QueryBuilder<WebhookEvent> => newest(tx).select(...eventResource.selection);

/** One row over all that can change. Most looks find nothing new, and 200 rows take twice the CPU (measured). */
const checksum = (tx: TenantTx): QueryBuilder<WebhookEvent> =>
  WebhookEvent.query(tx)
    .select(raw(`md5(string_agg(row(id, state, attempts, replay, not_before, processed_at, reason)::text, '')) as sum`))
    .from(newest(tx).as('webhook_events'));
