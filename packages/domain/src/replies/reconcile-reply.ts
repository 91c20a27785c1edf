import type { CommentReply } from '@pagekeeper/facebook/graph-client';
import type { GraphError } from '@pagekeeper/facebook/graph-error';
import type { Incoming } from '@pagekeeper/facebook/webhook-payload';
import { lastSegment } from '@pagekeeper/facebook/webhook-values';
import { failpoint } from '@pagekeeper/runtime/failpoint';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { restPage } from './block-page.ts';
import type { UsableDrain } from './drain-lease.ts';
import type { DecidedEvent } from './read-events.ts';
import type { Reply } from './reply.ts';
import { maxAttempts, reasonOfDoubt, settleFailure, waitsForProof } from './settle.ts';
import type { Step } from './store-outcome.ts';
import { type ReplyOutcome, tellOfReply } from './tell-of-events.ts';
import { callSlackMs, noteHuman } from './threads.ts';

/** 'absent': proven not sent, or harmless to send again. */
export type Finding = 'absent' | Step;

/** Facebook's comments carry whole seconds, and its clock is not ours. */
const clockSlackMs = 5_000;

/**
 * Finds out what became of a reply whose call has no known end: a crash or a lost answer. A public comment is looked
 * for on Facebook. A private one that is still wanted may simply be sent again: Facebook takes one per comment. A
 * message shows by its echo or not at all, and then silence is chosen over a double.
 * @param options.quietSeconds nothing counts as absent before this: Facebook may act on a request long after we gave it
 * up, shows comments late, and echoes take up to a minute
 * @param options.isWanted whether it would be sent today
 */
export async function reconcileReply(
  ctx: Context,
  drain: UsableDrain,
  event: DecidedEvent,
  reply: Reply,
  { quietSeconds, isWanted }: { quietSeconds: number; isWanted: boolean },
): Promise<Finding> {
  const inTenant = <Result>(work: (tx: TenantTx) => Promise<Result>) =>
    withTenant(ctx, { organization: drain.organizationId }, work);
  const told = async (outcome: ReplyOutcome, work: (tx: TenantTx) => Promise<Finding>) => {
    const finding = await inTenant(work);
    tellOfReply(ctx, event, { kind: reply.kind, replyId: reply.id, outcome });
    return finding;
  };
  const { attempts } = event.row;
  const tooOften = () => told('given_up', tx => giveUp(tx, event, reply, `It was tried ${attempts} times.`));
  if (reply.kind === 'private_comment' && isWanted) return attempts < maxAttempts ? 'absent' : await tooOften();
  const waited = await inTenant(tx => secondsSince(tx, reply));
  const wait = () => inTenant(tx => putOff(tx, event, Math.max(1, quietSeconds - waited)));
  if (reply.kind !== 'public_comment') {
    if (waited < quietSeconds) return await wait();
    return await told('given_up', tx => giveUp(tx, event, reply, 'No echo came back.'));
  }
  const found = await lookUnder(ctx, drain, event, reply, inTenant);
  failpoint('reply.after_look');
  if (found.type === 'sent' || found.type === 'unclear') {
    const outcome = found.type === 'sent' ? 'found' : 'given_up';
    return await told(outcome, async tx => {
      // While this was in doubt, a person's word could not be told from it.
      await noteHuman(tx, drain, event.thread, found.humanAt);
      return found.type === 'sent'
        ? await settleSent(tx, event, reply, found.id)
        : await giveUp(tx, event, reply, found.detail);
    });
  }
  if (found.type === 'unreadable') {
    return await inTenant(tx => storeUnreadable(tx, drain, event, reply, { ...found, waited }));
  }
  if (waited < quietSeconds) return await wait();
  return attempts < maxAttempts ? 'absent' : await tooOften();
}

type Sighting =
  /** `humanAt`: when the page last wrote what surely is no answer of ours, since the call; null where it did not. */
  | { type: 'sent'; id: string; humanAt: Date | null }
  | { type: 'absent' }
  /** Something is there that may be it. */
  | { type: 'unclear'; detail: string; humanAt: Date | null }
  | { type: 'unreadable'; error: GraphError };

/** Looks for our comment. An answer to an answer stands under the top one: Facebook keeps two levels. */
async function lookUnder(
  ctx: Context,
  drain: UsableDrain,
  event: DecidedEvent,
  reply: Reply,
  inTenant: <Result>(work: (tx: TenantTx) => Promise<Result>) => Promise<Result>,
): Promise<Sighting> {
  const incoming = event.incoming as Extract<Incoming, { kind: 'comment' }>;
  const result = await ctx.graph.listCommentReplies(drain.token, incoming.parentId ?? incoming.commentId);
  if (!result.ok) return { type: 'unreadable', error: result.error };
  const known = await inTenant(tx => otherReplies(tx, drain, reply, result.value));
  const sendingAt = reply.sending_at?.getTime() ?? 0;
  const isOurText = ({ message }: CommentReply) => message === event.earlierText;
  const candidates = result.value.filter(comment => {
    const { id, fromId, createdTime } = comment;
    const since = sendingAt - (isOurText(comment) ? callSlackMs : clockSlackMs);
    return (
      (fromId === drain.pageId || fromId === null) && createdTime.getTime() >= since && !known.has(lastSegment(id))
    );
  });
  if (candidates.length === 0) return { type: 'absent' };
  const others = await inTenant(tx => othersInDoubt(tx, drain, event, reply));
  const byPage = candidates.filter(({ fromId }) => fromId === drain.pageId);
  const ours = byPage.filter(isOurText);
  // Other words may be another answer's of which nobody knows, or this one's, where they cannot be read.
  const isTold = others.ever === 0 && event.earlierText !== null;
  const times = isTold ? byPage.filter(comment => !isOurText(comment)).map(({ createdTime }) => createdTime) : [];
  const humanAt = times.sort((one, other) => +other - +one)[0] ?? null;
  // Another answer in doubt may have the same words: one that is seen is nobody's then.
  if (ours.length > others.open) return { type: 'sent', id: ours[0]!.id, humanAt };
  return { type: 'unclear', detail: 'The page has answered since, and it may be our answer.', humanAt };
}

/** Those that are known as the answer to another comment. */
async function otherReplies(
  tx: TenantTx,
  drain: UsableDrain,
  reply: Reply,
  listed: readonly CommentReply[],
): Promise<Set<string>> {
  const { rows } = await tx.raw(
    `select sent_comment as id from replies
     where organization_id = ? and page_id = ? and sent_comment = any(?) and id <> ?`,
    [drain.organizationId, drain.pageId, listed.map(({ id }) => lastSegment(id)), reply.id] as never,
  );
  return new Set((rows as { id: string }[]).map(({ id }) => id));
}

/**
 * How many other answers of this thread have no known end: `open` of those that are still to be found out, `ever` with
 * those that were given up and may stand there, since shortly before this one's call.
 */
async function othersInDoubt(
  tx: TenantTx,
  { integrationId }: UsableDrain,
  { row }: DecidedEvent,
  { id, sending_at }: Reply,
): Promise<{ open: number; ever: number }> {
  const since = new Date((sending_at?.getTime() ?? 0) - callSlackMs);
  const { rows } = await tx.raw(
    `select count(*) filter (where finished_at is null)::int as open,
       count(*) filter (where finished_at is null or sending_at >= ?)::int as ever
     from replies
     where organization_id = ? and integration_id = ? and thread_hash = ? and kind = 'public_comment' and id <> ?
       and sending_at is not null and sent_comment is null and state in ('sending', 'unknown')`,
    [since, tx.tenant.organizationId, integrationId, row.thread_hash, id] as never,
  );
  return rows[0];
}

async function secondsSince(tx: TenantTx, reply: Reply): Promise<number> {
  const { rows } = await tx.raw(
    'select ceil(extract(epoch from clock_timestamp() - sending_at))::int as seconds from replies where organization_id = ? and id = ?',
    [tx.tenant.organizationId, reply.id],
  );
  return rows[0]?.seconds ?? 0;
}

async function settleSent(tx: TenantTx, event: DecidedEvent, reply: Reply, sentId: string): Promise<Finding> {
  return await settle(tx, event.id, reply, { state: 'sent', sentId, reason: 'Sent; it was found under the comment.' });
}

async function giveUp(tx: TenantTx, event: DecidedEvent, reply: Reply, detail: string): Promise<Finding> {
  return await settle(tx, event.id, reply, { state: 'unknown', sentId: null, reason: reasonOfDoubt(detail) });
}

/** Closes the reply and its event, unless an echo or another process has settled it meanwhile. */
async function settle(
  tx: TenantTx,
  eventId: Uuid,
  { id, attempts }: Reply,
  end: { state: 'sent' | 'unknown'; sentId: string | null; reason: string },
): Promise<Finding> {
  const organization = tx.tenant.organizationId;
  await tx.raw(
    `with settled as (
       update replies set state = ?, sent_id = coalesce(?, sent_id), reason = ?, finished_at = now()
       where organization_id = ? and id = ? and attempts = ? and state in ('sending', 'unknown') returning id
     )
     update webhook_events set state = 'processed', reason = ?, processed_at = now()
     where organization_id = ? and id = ? and exists (select from settled)`,
    [end.state, end.sentId, end.reason, organization, id, attempts, end.reason, organization, eventId] as never,
  );
  return 'next';
}

/** Nobody waits any more for an answer of yesterday. */
const lookForSeconds = 86_400;
const longestSeconds = 600;

/**
 * A read may fail for good (the comment was deleted): then nobody will ever know. While Facebook cannot be reached it is
 * tried on, a little later each time: nothing was learned, so that it costs the event no turn. Nor does a limit.
 */
async function storeUnreadable(
  tx: TenantTx,
  drain: UsableDrain,
  event: DecidedEvent,
  reply: Reply,
  { error, waited }: { error: GraphError; waited: number },
): Promise<Finding> {
  const isPassing = error.outcome === 'TRANSIENT' && waited < lookForSeconds;
  if (isPassing) {
    const seconds = Math.max(5, Math.min(Math.round(waited / 4), longestSeconds), (error.waitMs ?? 0) / 1_000);
    return await putOff(tx, event, seconds);
  }
  const failure = settleFailure(error, event.row.attempts + 1);
  switch (failure.type) {
    case 'pause':
      await putOff(tx, event, 0, failure.counts ? 1 : 0);
      await restPage(tx, drain, failure);
      return { paused: failure };
    default:
      return await giveUp(tx, event, reply, `It cannot be read: ${error.message}`);
  }
}

async function putOff(tx: TenantTx, { id }: DecidedEvent, seconds: number, counts = 0): Promise<Finding> {
  await tx.raw(
    `update webhook_events set attempts = attempts + ?, not_before = clock_timestamp() + ? * interval '1 second',
       reason = ?
     where organization_id = ? and id = ? and state = 'pending'`,
    [counts, seconds, waitsForProof, tx.tenant.organizationId, id],
  );
  return 'next';
}
