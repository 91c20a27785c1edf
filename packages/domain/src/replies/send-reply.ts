import type { GraphError } from '@pagekeeper/facebook/graph-error';
import { failpoint } from '@pagekeeper/runtime/failpoint';
import { raw } from 'objection';
import type { Context } from '../context.ts';
import { newId, type Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { WebhookEvent } from '../webhooks/webhook-event.ts';
import { closeAs } from './close-events.ts';
import type { Decision } from './decide.ts';
import { renewDrain, type UsableDrain } from './drain-lease.ts';
import { type DecidedEvent, metadataOf } from './read-events.ts';
import { Reply } from './reply.ts';
import { maxAttempts, settleFailure } from './settle.ts';

type ReplyDecision = Extract<Decision, { type: 'reply' }>;

/** 'stop': the page is throttled, its token is dead, or the lease is lost. The rest of the batch waits. */
export type Step = 'next' | 'stop';

/** Longer than this between the committed intent and the call means that this process was stopped in between. */
const staleIntentMs = 5_000;

/** Sends one reply: commits the intent, calls Facebook, commits what came of it. */
export async function sendReply(
  ctx: Context,
  drain: UsableDrain,
  event: DecidedEvent,
  decision: ReplyDecision,
): Promise<Step> {
  const organization = drain.organizationId;
  const intent = await withTenant(ctx, { organization }, tx => commitIntent(tx, drain, event, decision));
  if (!intent) return 'stop';
  const committedAt = performance.now();
  failpoint('reply.before_http');
  // Another process may have taken over by now and found nothing sent: silence is chosen over a double.
  if (performance.now() - committedAt > staleIntentMs) return 'stop';
  const result = await callFacebook(ctx, drain, decision, intent.id);
  failpoint('reply.after_http');
  return await withTenant(ctx, { organization }, async tx => {
    const step = result.ok
      ? await storeSent(tx, event, intent.id, result.sentId, decision)
      : await storeFailure(tx, event, intent, result.error);
    failpoint('reply.before_commit');
    return step;
  });
}

interface Intent {
  id: Uuid;
  attempts: number;
}

/** `sending` is committed before the call. Null when the lease was lost or the reply is another's by now. */
async function commitIntent(
  tx: TenantTx,
  drain: UsableDrain,
  event: DecidedEvent,
  decision: ReplyDecision,
): Promise<Intent | null> {
  if (!(await renewDrain(tx, drain))) return null;
  const sending = { state: 'sending' as const, sending_at: raw('clock_timestamp()') as never };
  if (event.reply) {
    const { id, attempts } = event.reply;
    const taken = await Reply.query(tx)
      .where({ id, attempts })
      .whereIn('state', ['claimed', 'sending', 'unknown'])
      .patch({ ...sending, attempts: attempts + 1 });
    return taken === 1 ? { id, attempts: attempts + 1 } : null;
  }
  const id = newId();
  const { rowCount } = await tx.raw(
    `insert into replies (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, rule, reason,
       attempts, sending_at)
     values (?, ?, ?, ?, ?, ?, ?, 'sending', ?, 'On its way.', 1, clock_timestamp()) on conflict do nothing`,
    [
      drain.organizationId,
      id,
      drain.integrationId,
      event.id,
      drain.pageId,
      decision.sourceId,
      decision.kind,
      decision.rule,
    ],
  );
  return rowCount === 1 ? { id, attempts: 1 } : null;
}

type CallResult = { ok: true; sentId: string } | { ok: false; error: GraphError };

async function callFacebook(
  { graph }: Context,
  { token, pageId }: UsableDrain,
  { kind, recipientId, text }: ReplyDecision,
  replyId: Uuid,
): Promise<CallResult> {
  if (kind === 'public_comment') {
    const result = await graph.replyToComment(token, recipientId, text);
    return result.ok ? { ok: true, sentId: result.value.commentId } : result;
  }
  const recipient = kind === 'private_comment' ? { comment_id: recipientId } : { id: recipientId };
  const result = await graph.sendMessage(token, pageId, { recipient, text, metadata: metadataOf(replyId) });
  return result.ok ? { ok: true, sentId: result.value.messageId } : result;
}

async function storeSent(
  tx: TenantTx,
  event: DecidedEvent,
  replyId: Uuid,
  sentId: string,
  { rule }: ReplyDecision,
): Promise<Step> {
  const reason = rule === 'default' ? 'Answered with the default text.' : `Answered with ${rule}.`;
  await Reply.query(tx)
    .where({ id: replyId })
    .patch({ state: 'sent', sent_id: sentId, reason, finished_at: raw('now()') as never });
  await closeAs(tx, [event.id], 'processed', reason);
  return 'next';
}

async function storeFailure(tx: TenantTx, event: DecidedEvent, intent: Intent, error: GraphError): Promise<Step> {
  const failure = settleFailure(error, intent.attempts);
  const { reason } = failure;
  switch (failure.type) {
    case 'unknown':
      await setReply(tx, intent.id, 'unknown', reason);
      await postpone(tx, event.id, 0);
      return 'next';
    case 'retry':
      await setReply(tx, intent.id, 'claimed', reason);
      await postpone(tx, event.id, failure.afterSeconds);
      return failure.wholePage ? 'stop' : 'next';
    case 'park':
      if (intent.attempts >= maxAttempts) return await reject(tx, event, intent.id, reason);
      await setReply(tx, intent.id, 'claimed', reason);
      await closeAs(tx, [event.id], 'parked', reason);
      return 'stop';
    case 'done':
      await Reply.query(tx)
        .where({ id: intent.id })
        .patch({ state: 'sent', reason, finished_at: raw('now()') as never });
      await closeAs(tx, [event.id], 'processed', reason);
      return 'next';
    case 'rejected':
      return await reject(tx, event, intent.id, reason);
  }
}

async function reject(tx: TenantTx, event: DecidedEvent, replyId: Uuid, reason: string): Promise<Step> {
  await Reply.query(tx)
    .where({ id: replyId })
    .patch({ state: 'rejected', reason, finished_at: raw('now()') as never });
  await closeAs(tx, [event.id], 'failed', reason);
  return 'next';
}

async function setReply(tx: TenantTx, id: Uuid, state: 'unknown' | 'claimed', reason: string): Promise<void> {
  await Reply.query(tx).where({ id }).patch({ state, reason });
}

/** Leaves an event pending and out of sight for a while. */
export async function postpone(tx: TenantTx, eventId: Uuid, seconds: number): Promise<void> {
  await WebhookEvent.query(tx)
    .where({ id: eventId })
    .patch({
      attempts: raw('attempts + 1') as never,
      not_before: raw(`clock_timestamp() + ? * interval '1 second'`, [seconds]) as never,
    });
}
