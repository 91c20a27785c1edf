import type { Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { Drain } from './drain-lease.ts';
import type { ReplyKind } from './reply.ts';

/** A decision that sends nothing: one row with its reason in words. */
export interface StoredDecision {
  id: Uuid;
  eventId: Uuid;
  threadHash: Buffer | null;
  sourceId: string;
  kind: ReplyKind;
  state: 'skipped' | 'shadow';
  rule: string | null;
  reason: string;
  text: string | null;
}

/**
 * Stores decisions, many in one statement. What was sent, or may have been, stays as it is. The mark of a removed
 * comment wins over every other decision, in whatever order they come.
 * @param seal seals a reply's text
 */
export async function storeDecisions(
  tx: TenantTx,
  { organizationId, integrationId, pageId }: Pick<Drain, 'organizationId' | 'integrationId' | 'pageId'>,
  decisions: readonly StoredDecision[],
  seal: (replyId: Uuid, text: string) => Buffer,
): Promise<void> {
  if (decisions.length === 0) return;
  const rows = [...bySource(decisions).values()];
  await tx.raw(
    `insert into replies as r (organization_id, id, integration_id, page_id, event_id, source_id, kind, state, rule,
       reason, text, thread_hash, finished_at)
     select ?, g.id, ?, ?, g.event_id, g.source_id, g.kind, g.state, g.rule, g.reason, g.text, g.thread_hash, now()
     from unnest(?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bytea[], ?::bytea[])
       as g (id, event_id, source_id, kind, state, rule, reason, text, thread_hash)
     on conflict (organization_id, page_id, source_id) do update
       set state = excluded.state, rule = excluded.rule, reason = excluded.reason, finished_at = now(),
         -- Sealed for a row of another id it would not open.
         text = null
       where r.state = 'claimed'
         or (excluded.rule = 'removed' and r.state in ('skipped', 'shadow', 'rejected'))`,
    [
      organizationId,
      integrationId,
      pageId,
      rows.map(({ id }) => id),
      rows.map(({ eventId }) => eventId),
      rows.map(({ sourceId }) => sourceId),
      rows.map(({ kind }) => kind),
      rows.map(({ state }) => state),
      rows.map(({ rule }) => rule),
      rows.map(({ reason }) => reason),
      rows.map(({ id, text }) => (text === null ? null : seal(id, text))),
      rows.map(({ threadHash }) => threadHash),
    ] as never,
  );
}

/** One row for each source: a statement cannot meet the same one twice. */
function bySource(decisions: readonly StoredDecision[]): Map<string, StoredDecision> {
  const found = new Map<string, StoredDecision>();
  for (const decision of decisions) {
    if (!found.has(decision.sourceId) || decision.rule === 'removed') found.set(decision.sourceId, decision);
  }
  return found;
}
