import { raw } from 'objection';
import type { Context } from '../context.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { closeAs } from './close-events.ts';
import type { UsableDrain } from './drain-lease.ts';
import type { DecidedEvent } from './read-events.ts';
import { Reply } from './reply.ts';
import { postpone } from './send-reply.ts';
import { maxAttempts } from './settle.ts';

/** Facebook may show a reply late, and a request may still be under way: nothing counts as absent before this. */
const quietSeconds = 30;
/** How long an echo is waited for (fact sheet 10.1: 30 to 60 s). */
const echoSeconds = 60;

/** 'absent': proven not sent, to be sent again. 'later': postponed. 'settled': the event is closed. */
export type Finding = 'absent' | 'later' | 'settled';

/**
 * Finds out what became of a reply whose call has no known end: a crash or a lost answer. A public comment is looked
 * for on Facebook. A private one may simply be sent again: Facebook takes one per comment. A message shows by its
 * echo or not at all, and then silence is chosen over a double.
 */
export async function reconcileReply(
  ctx: Context,
  drain: UsableDrain,
  event: DecidedEvent,
  reply: Reply,
): Promise<Finding> {
  const inTenant = <Result>(work: (tx: TenantTx) => Promise<Result>) =>
    withTenant(ctx, { organization: drain.organizationId }, work);
  const waited = await inTenant(tx => secondsSince(tx, reply));
  const quiet = reply.kind === 'message' ? echoSeconds : quietSeconds;
  if (reply.kind === 'public_comment') {
    const replies = await ctx.graph.listCommentReplies(drain.token, reply.source_id);
    const ours = replies.ok ? replies.value.find(candidate => candidate.fromId === drain.pageId) : undefined;
    if (ours) return await inTenant(tx => settleSent(tx, event, reply, ours.id));
    if (!replies.ok) return await inTenant(tx => waitOrGiveUp(tx, event, reply, replies.error.message));
  }
  if (waited < quiet) {
    await inTenant(tx => postpone(tx, event.id, quiet - waited));
    return 'later';
  }
  if (reply.kind !== 'message' && reply.attempts < maxAttempts) return 'absent';
  return await inTenant(tx => giveUp(tx, event, reply, 'No echo came back.'));
}

async function secondsSince(tx: TenantTx, reply: Reply): Promise<number> {
  const { rows } = await tx.raw('select ceil(extract(epoch from clock_timestamp() - ?::timestamptz))::int as seconds', [
    reply.sending_at,
  ] as never);
  return rows[0].seconds;
}

async function settleSent(tx: TenantTx, event: DecidedEvent, reply: Reply, sentId: string): Promise<Finding> {
  const reason = 'Sent; it was found under the comment.';
  await Reply.query(tx)
    .where({ id: reply.id })
    .patch({ state: 'sent', sent_id: sentId, reason, finished_at: raw('now()') as never });
  await closeAs(tx, [event.id], 'processed', reason);
  return 'settled';
}

// The comment cannot be read now. Some reads fail for good (it was deleted): then nobody will ever know.
async function waitOrGiveUp(tx: TenantTx, event: DecidedEvent, reply: Reply, detail: string): Promise<Finding> {
  if (event.attempts >= maxAttempts) return await giveUp(tx, event, reply, `It cannot be read: ${detail}`);
  await postpone(tx, event.id, quietSeconds);
  return 'later';
}

async function giveUp(tx: TenantTx, event: DecidedEvent, reply: Reply, detail: string): Promise<Finding> {
  const reason = `It may have been sent and is not sent again. ${detail}`;
  await Reply.query(tx)
    .where({ id: reply.id })
    .patch({ state: 'unknown', reason, finished_at: raw('now()') as never });
  await closeAs(tx, [event.id], 'processed', reason);
  return 'settled';
}
