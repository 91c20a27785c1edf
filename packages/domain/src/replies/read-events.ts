import { describeIncoming, type Incoming } from '@pagekeeper/facebook/webhook-payload';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { publicId } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { dataKeyOf } from '../vault/organization-key.ts';
import { VaultError } from '../vault/vault.ts';
import { payloadOf, WebhookEvent } from '../webhooks/webhook-event.ts';
import { type Decision, decide, type ReplySituation } from './decide.ts';
import type { Drain } from './drain-lease.ts';
import { Reply, type ReplyState } from './reply.ts';

/** An opened event with what is to be done about it. */
export interface DecidedEvent {
  id: Uuid;
  attempts: number;
  /** The stored payload does not open. */
  damaged: boolean;
  incoming: Incoming | null;
  decision: Decision;
  /** The reply that exists for it already. */
  reply: Reply | null;
}

export const batchSize = 100;

/** The next pending events in order, opened and decided. Those that wait for a time are left out. */
export async function readEvents(
  tx: TenantTx,
  { vault }: Pick<Context, 'vault'>,
  drain: Drain,
  repliesOff: boolean,
): Promise<DecidedEvent[]> {
  const events = await WebhookEvent.query(tx)
    .where({ integration_id: drain.integrationId, state: 'pending' })
    .whereRaw('(not_before is null or not_before <= clock_timestamp())')
    .orderBy('id')
    .limit(batchSize);
  if (events.length === 0) return [];
  const { rows } = await tx.raw('select app.now() as now');
  const situation: ReplySituation = { ...drain, now: rows[0].now, repliesOff };
  const decided: DecidedEvent[] = [];
  for (const event of events) {
    const opened = await openEvent(tx, vault, event);
    const incoming = opened && describeIncoming(event.kind, opened.payload);
    const decision = decide(incoming, situation);
    decided.push({ id: event.id, attempts: event.attempts, damaged: !opened, incoming, decision, reply: null });
  }
  return await withReplies(tx, drain, decided);
}

/** Null for a payload that does not open: it ends with that reason, and the others go on. */
async function openEvent(
  tx: TenantTx,
  vault: Context['vault'],
  { id, payload }: WebhookEvent,
): Promise<{ payload: unknown } | null> {
  try {
    const key = await dataKeyOf(tx, vault, payload);
    return { payload: JSON.parse(vault.openBytes(key, payloadOf(id), payload).toString()) };
  } catch (error) {
    if (error instanceof VaultError || error instanceof SyntaxError) return null;
    throw error;
  }
}

async function withReplies(tx: TenantTx, drain: Drain, events: DecidedEvent[]): Promise<DecidedEvent[]> {
  const sources = events.flatMap(({ decision }) => (decision.type === 'none' ? [] : [decision.sourceId]));
  if (sources.length === 0) return events;
  const replies = await Reply.query(tx).where({ page_id: drain.pageId }).whereIn('source_id', sources);
  const bySource = new Map(replies.map(reply => [reply.source_id, reply]));
  return events.map(event => ({
    ...event,
    reply: event.decision.type === 'none' ? null : (bySource.get(event.decision.sourceId) ?? null),
  }));
}

const finalStates: readonly ReplyState[] = ['sent', 'rejected', 'shadow', 'skipped'];

/** True when a reply exists and nothing has to be sent or found out for it any more. */
export const isAnswered = ({ reply }: DecidedEvent): boolean => reply !== null && finalStates.includes(reply.state);

/** What `metadata` of a message says, so that its echo names our reply. */
export const metadataOf = (replyId: Uuid): string => publicId('reply', replyId);
