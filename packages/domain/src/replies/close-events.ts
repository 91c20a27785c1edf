import type { Context } from '../context.ts';
import { together } from '../database/together.ts';
import { newIdAt, parsePublicId, type Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { EventState } from '../webhooks/webhook-event.ts';
import type { Drain } from './drain-lease.ts';
import { type DecidedEvent, isAnswered, removedRule } from './read-events.ts';
import { textOf } from './reply.ts';
import { type StoredDecision, storeDecisions } from './store-decisions.ts';
import type { Closed } from './tell-of-events.ts';

/**
 * Closes in bulk what needs no call to Facebook, parks what must wait for a working token, and puts off what is not
 * due yet.
 * @returns the events that are left: to be answered, or found out about; and what became of the others
 */
export async function closeEvents(
  tx: TenantTx,
  { vault }: Pick<Context, 'vault'>,
  drain: Drain,
  events: readonly DecidedEvent[],
): Promise<Closed & { left: DecidedEvent[] }> {
  const left: DecidedEvent[] = [];
  const decisions: StoredDecision[] = [];
  const closings = new Closings();
  const postponed: { id: Uuid; until: Date; reason: string }[] = [];
  for (const event of events) {
    const { id, decision, reply } = event;
    if (event.damaged) closings.add(id, 'failed', 'Its stored content cannot be read.');
    else if (decision.type === 'none') closings.add(id, event.row.replay ? 'processed' : 'ignored', decision.reason);
    else if (decision.type === 'removed') {
      // Also over a reply that was skipped: nobody shall ask for another try.
      closings.add(id, 'processed', 'The comment was removed.');
      decisions.push(toStore(event));
    } else if (isAnswered(event)) closings.add(id, 'processed', reply?.reason ?? '');
    else if (reply && reply.state !== 'claimed' && reply.finished_at === null) left.push(event);
    else if (decision.type === 'skip' || decision.shadow) {
      const stored = toStore(event);
      closings.add(id, 'processed', stored.reason);
      decisions.push(stored);
    } else if (decision.waits) postponed.push({ id, ...decision.waits });
    else if (event.heldUntil) postponed.push({ id, until: event.heldUntil, reason: waitsForTurn });
    else left.push(event);
  }
  const ready = park(drain, left, closings);
  const seal = (id: Uuid, text: string) => vault.seal(drain.key, textOf(id), Buffer.from(text)).bytes();
  await together([
    storeDecisions(tx, drain, decisions, seal),
    postponeUntil(tx, postponed),
    confirmByEcho(tx, events),
    closings.store(tx),
  ]);
  return { left: ready, closings: closings.all(), decisions };
}

const waitsForTurn = 'It waits for the answer before it in its conversation.';

function toStore({ id, decision, decidedAt, row }: DecidedEvent): StoredDecision {
  const about = { id: newIdAt(decidedAt), eventId: id, threadHash: row.thread_hash };
  if (decision.type === 'reply') {
    const reason = 'Shadow: this would have been sent.';
    return { ...about, ...decision, state: 'shadow', reason };
  }
  if (decision.type === 'skip') return { ...about, ...decision, state: 'skipped', rule: null, text: null };
  if (decision.type === 'none') throw new Error('nothing to store');
  const reason = 'The comment was removed.';
  const { sourceId } = decision;
  return { ...about, sourceId, kind: 'public_comment', state: 'skipped', rule: removedRule, reason, text: null };
}

/** Takes out what the page's token is not good for. */
function park(drain: Drain, events: readonly DecidedEvent[], closings: Closings): DecidedEvent[] {
  return events.filter(({ id, decision, reply }) => {
    const kind = reply?.kind ?? ('kind' in decision ? decision.kind : null);
    if (!drain.token) closings.add(id, 'parked', 'The page token does not work. It waits for a new one.');
    else if (kind && drain.forbidden.has(kind)) closings.add(id, 'parked', 'A permission is missing. It waits for it.');
    else return true;
    return false;
  });
}

/**
 * A condition of the key itself: a week's partition has no statistics in its first minute, and a join by id would read all
 * that its tenant has in it.
 */
const byKey = 'e.id = any(?::uuid[])';

/** Events by what becomes of them. Parked ones are not ended, only put aside. */
class Closings {
  readonly #ids = new Map<string, { state: EventState; reason: string; ids: Uuid[] }>();

  add(id: Uuid, state: EventState, reason: string): void {
    const key = `${state} ${reason}`;
    const closing = this.#ids.get(key) ?? { state, reason, ids: [] };
    closing.ids.push(id);
    this.#ids.set(key, closing);
  }

  all(): { state: EventState; reason: string; ids: Uuid[] }[] {
    return [...this.#ids.values()];
  }

  async store(tx: TenantTx): Promise<void> {
    const each = this.all().flatMap(({ state, reason, ids }) => ids.map(id => ({ id, state, reason })));
    if (each.length === 0) return;
    const ids = each.map(({ id }) => id);
    await tx.raw(
      `update webhook_events e set state = g.state, reason = g.reason,
         processed_at = case when g.state = 'parked' then null else now() end
       from unnest(?::uuid[], ?::text[], ?::text[]) as g (id, state, reason)
       where e.organization_id = ? and e.id = g.id and ${byKey}`,
      [ids, each.map(({ state }) => state), each.map(({ reason }) => reason), tx.tenant.organizationId, ids] as never,
    );
  }
}

async function postponeUntil(
  tx: TenantTx,
  events: readonly { id: Uuid; until: Date; reason: string }[],
): Promise<void> {
  if (events.length === 0) return;
  const ids = events.map(({ id }) => id);
  await tx.raw(
    `update webhook_events e set not_before = g.due_at, reason = g.reason
     from unnest(?::uuid[], ?::timestamptz[], ?::text[]) as g (id, due_at, reason)
     where e.organization_id = ? and e.id = g.id and ${byKey}`,
    [ids, events.map(({ until }) => until), events.map(({ reason }) => reason), tx.tenant.organizationId, ids] as never,
  );
}

// Our own message came back: the one proof that it was sent. `metadata` is the reply's id. The event that it answers
// need not wait any longer.
async function confirmByEcho(tx: TenantTx, events: readonly DecidedEvent[]): Promise<void> {
  const echoes = events.flatMap(({ incoming }) => {
    const id = incoming?.kind === 'echo' && incoming.metadata ? parsePublicId('reply', incoming.metadata) : null;
    return id && incoming?.kind === 'echo' ? [{ id, mid: incoming.mid }] : [];
  });
  if (echoes.length === 0) return;
  const reason = 'Sent; its echo confirms it.';
  const organization = tx.tenant.organizationId;
  await tx.raw(
    `with confirmed as (
       update replies r set state = 'sent', sent_id = g.mid, reason = ?, finished_at = now()
       from unnest(?::uuid[], ?::text[]) as g (id, mid)
       where r.organization_id = ? and r.id = g.id and r.state in ('sending', 'unknown') returning r.event_id
     )
     update webhook_events e set state = 'processed', reason = ?, processed_at = now()
     where e.organization_id = ? and e.id = any(array(select event_id from confirmed)) and e.state in ('pending', 'parked')`,
    [reason, echoes.map(({ id }) => id), echoes.map(({ mid }) => mid), organization, reason, organization] as never,
  );
}
