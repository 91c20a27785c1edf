import { raw } from 'objection';
import { newId, parsePublicId, type Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { type EventState, WebhookEvent } from '../webhooks/webhook-event.ts';
import type { Drain } from './drain-lease.ts';
import { type DecidedEvent, isAnswered } from './read-events.ts';
import { Reply } from './reply.ts';

/**
 * Closes in bulk what needs no call to Facebook, and parks what must wait for a working token.
 * @returns the events that are left: one by one, in order
 */
export async function closeEvents(
  tx: TenantTx,
  drain: Drain,
  events: readonly DecidedEvent[],
): Promise<DecidedEvent[]> {
  const left: DecidedEvent[] = [];
  const closings = new Map<string, { state: EventState; reason: string; ids: Uuid[] }>();
  const close = (event: DecidedEvent, state: EventState, reason: string) => {
    const closing = closings.get(`${state} ${reason}`) ?? { state, reason, ids: [] };
    closing.ids.push(event.id);
    closings.set(`${state} ${reason}`, closing);
  };
  const skipped: DecidedEvent[] = [];
  for (const event of events) {
    if (event.damaged) close(event, 'failed', 'Its stored content does not open.');
    else if (event.decision.type === 'none') close(event, 'ignored', 'Nothing to answer.');
    else if (isAnswered(event)) close(event, 'processed', event.reply?.reason ?? '');
    else if (event.decision.type === 'skip' && !event.reply) {
      skipped.push(event);
      close(event, 'processed', event.decision.reason);
    } else if (!drain.token) close(event, 'parked', 'The page token does not work. It waits for a new one.');
    else left.push(event);
  }
  await insertSkips(tx, drain, skipped);
  await confirmByEcho(tx, events);
  for (const { state, reason, ids } of closings.values()) await closeAs(tx, ids, state, reason);
  return left;
}

/** Ends events with a state and the reason in words. Parked ones are not ended, only put aside. */
export async function closeAs(tx: TenantTx, ids: readonly Uuid[], state: EventState, reason: string): Promise<void> {
  await WebhookEvent.query(tx)
    .whereIn('id', [...ids])
    .patch({ state, reason, processed_at: state === 'parked' ? null : (raw('now()') as never) });
}

async function insertSkips(tx: TenantTx, drain: Drain, events: readonly DecidedEvent[]): Promise<void> {
  const rows = events.flatMap(({ id: event_id, decision }) =>
    decision.type === 'skip'
      ? [
          {
            organization_id: drain.organizationId,
            id: newId(),
            integration_id: drain.integrationId,
            event_id,
            page_id: drain.pageId,
            source_id: decision.sourceId,
            kind: decision.kind,
            state: 'skipped',
            reason: decision.reason,
            finished_at: tx.fn.now(),
          },
        ]
      : [],
  );
  if (rows.length > 0)
    await tx('replies').insert(rows).onConflict(['organization_id', 'page_id', 'source_id']).ignore();
}

// Our own message came back: the one proof that it was sent. `metadata` is the reply's id. The event that it answers
// need not wait any longer.
async function confirmByEcho(tx: TenantTx, events: readonly DecidedEvent[]): Promise<void> {
  for (const { incoming } of events) {
    if (incoming?.kind !== 'echo' || !incoming.metadata) continue;
    const id = parsePublicId('reply', incoming.metadata);
    if (!id) continue;
    const reason = 'Sent; its echo confirms it.';
    const [reply] = await Reply.query(tx)
      .where({ id })
      .whereIn('state', ['sending', 'unknown'])
      .patch({ state: 'sent', sent_id: incoming.mid, reason, finished_at: raw('now()') as never })
      .returning('event_id');
    if (reply) await closeAs(tx, [reply.event_id], 'processed', reason);
  }
}
