import type { GraphError } from '@pagekeeper/facebook/graph-error';
import { failpoint } from '@pagekeeper/runtime/failpoint';
import { stopwatch } from '@pagekeeper/runtime/stopwatch';
import type { Context } from '../context.ts';
import { usableStatuses } from '../facebook/judge-page.ts';
import { newIdAt, type Uuid } from '../ids.ts';
import { statementInTenant, withTenant } from '../tenancy/doors.ts';
import type { Decision } from './decide.ts';
import type { UsableDrain } from './drain-lease.ts';
import { type DecidedEvent, mayBeTriedAgain, metadataOf } from './read-events.ts';
import { type ReplyKind, textOf } from './reply.ts';
import { isDuplicate, reasonOfDoubt, type SendFailure, settleFailure } from './settle.ts';
import { type CallResult, type Intent, putBack, type Step, storeFailure, storeSent } from './store-outcome.ts';
import { type ReplyOutcome, tellOfReply } from './tell-of-events.ts';

/**
 * Longer than this between asking for the intent and the call means that this process was stopped in between. Not since
 * its commit was heard of: that may have waited in a buffer while the process stood still.
 */
const staleIntentMs = 5_000;

/** What goes out, and as what. */
interface Outgoing {
  kind: ReplyKind;
  recipientId: string;
  text: string;
  rule: string;
  sourceId: string;
}

/** Sends one reply: commits the intent, calls Facebook, commits what came of it. */
export async function sendReply(
  ctx: Context,
  drain: UsableDrain,
  event: DecidedEvent,
  decision: Extract<Decision, { type: 'reply' }>,
): Promise<Step> {
  const organization = drain.organizationId;
  const outgoing = bindToEarlier(event, decision);
  let age = () => 0;
  const intent = await makeIntent(ctx, drain, event, outgoing, () => {
    // Not before: waiting for a connection does no harm, since the intent's own statement looks at the lease.
    age = stopwatch();
    failpoint('reply.before_intent');
  });
  if (typeof intent === 'string') return intent;
  failpoint('reply.before_http');
  // Another process may have taken over by now and found nothing sent. Where none has, it is not in doubt for ever.
  if (age() > staleIntentMs) {
    const notSent = { reason: 'It was not sent.', counts: false, afterSeconds: 0 };
    await withTenant(ctx, { organization }, tx => putBack(tx, intent, notSent));
    return 'changed';
  }
  const result = await callFacebook(ctx, drain, outgoing, intent.id);
  failpoint('reply.after_http');
  const failure = result.ok ? null : settleTry(result.error, event, intent);
  const step = result.ok
    ? await storeSent(ctx, drain, intent, result, outgoing)
    : await storeFailure(ctx, drain, intent, failure!);
  tellOfReply(ctx, event, { kind: outgoing.kind, replyId: intent.id, outcome: outcomes[failure?.type ?? 'sent'] });
  return step;
}

/** A refusal says nothing of an earlier try that may have been sent. */
function settleTry(error: GraphError, { row }: DecidedEvent, { attempts, isInDoubt }: Intent): SendFailure {
  const failure = settleFailure(error, row.attempts + 1);
  const mayStand = isInDoubt || (attempts > 1 && isDuplicate(error));
  if (failure.type !== 'rejected' || !mayStand) return failure;
  return { type: 'given_up', reason: reasonOfDoubt(failure.reason) };
}

/** What became of a try, in a word. */
const outcomes: Record<SendFailure['type'] | 'sent', ReplyOutcome> = {
  sent: 'sent',
  unknown: 'unknown',
  given_up: 'given_up',
  retry: 'put_off',
  pause: 'paused',
  done: 'answered_before',
  rejected: 'rejected',
};

/** What may have been sent before binds: another kind or text now could be a second answer. */
function bindToEarlier(
  { reply, incoming, earlierText }: DecidedEvent,
  decision: Extract<Decision, { type: 'reply' }>,
): Outgoing {
  if (!reply || reply.state === 'claimed' || mayBeTriedAgain(reply)) return decision;
  const recipientId = incoming?.kind === 'comment' ? incoming.commentId : decision.recipientId;
  const { kind } = reply;
  return { ...decision, kind, recipientId, text: earlierText ?? decision.text, rule: reply.rule ?? decision.rule };
}

/**
 * `sending` is committed before the call, and only while everything is still as it was when this was decided: lease,
 * page, token, config, and the organization's kill switch. 'next' when the reply is another's by now.
 */
async function makeIntent(
  ctx: Context,
  drain: UsableDrain,
  event: DecidedEvent,
  { kind, sourceId, text, rule }: Outgoing,
  leaving: () => void,
): Promise<Intent | 'next' | 'changed'> {
  const { reply } = event;
  const id = reply?.id ?? newIdAt(event.decidedAt);
  const sealed = ctx.vault.seal(drain.key, textOf(id), Buffer.from(text)).bytes();
  const organization = drain.organizationId;
  const query = {
    sql: intentSql,
    bindings: [
      organization,
      drain.integrationId,
      drain.version,
      drain.leaseToken,
      drain.generation,
      [...usableStatuses],
      id,
      event.id,
      drain.pageId,
      sourceId,
      kind,
      rule,
      sealed,
      event.row.thread_hash,
      reply?.attempts ?? 0,
      reply?.state ?? '',
    ],
  };
  const rows = await statementInTenant<{ allowed: number; attempts: number | null }>(
    ctx,
    { organization },
    query,
    leaving,
  );
  const { allowed, attempts } = rows[0]!;
  if (allowed === 0) return 'changed';
  if (attempts === null) return 'next';
  const isInDoubt = kind === 'private_comment' && (reply?.state === 'sending' || reply?.state === 'unknown');
  return { id, eventId: event.id, kind, attempts, isInDoubt };
}

const intentSql = `
  with allowed as (
    select p.organization_id from facebook_page_integrations p
    join integrations i on i.organization_id = p.organization_id and i.id = p.id and i.is_active and i.version = $3
    join businesses b on b.organization_id = i.organization_id and b.id = i.business_id and b.is_active
    join organizations o on o.id = p.organization_id and o.is_active and not o.replies_paused
    where p.organization_id = $1 and p.id = $2 and p.drain_token = $4 and p.drain_until > clock_timestamp()
      and p.generation = $5 and p.status = any($6) and (p.paused_until is null or p.paused_until <= app.now())
    -- Whoever ends the lease, as an erasure does, waits for this statement, or it for them.
    for share of p
  ), intent as (
    insert into replies as r (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, rule,
      reason, text, thread_hash, attempts, sending_at)
    select organization_id, $7, $2, $8, $9, $10, $11, 'sending', $12, 'On its way.', $13, $14, 1, clock_timestamp()
    from allowed
    on conflict (organization_id, page_id, source_id) do update set state = 'sending', kind = excluded.kind,
      rule = excluded.rule, reason = excluded.reason, text = excluded.text, event_id = excluded.event_id,
      thread_hash = excluded.thread_hash, attempts = r.attempts + 1, sending_at = clock_timestamp(), finished_at = null
    where r.id = excluded.id and r.attempts = $15 and r.state = $16
    returning attempts
  )
  select (select count(*)::int from allowed) as allowed, (select attempts from intent) as attempts`;

async function callFacebook(
  { graph }: Context,
  { token, pageId }: UsableDrain,
  { kind, recipientId, text }: Outgoing,
  replyId: Uuid,
): Promise<CallResult> {
  if (kind === 'public_comment') {
    const result = await graph.replyToComment(token, recipientId, text);
    return result.ok ? { ...result, sentId: result.value.commentId } : result;
  }
  const recipient = kind === 'private_comment' ? { comment_id: recipientId } : { id: recipientId };
  const result = await graph.sendMessage(token, pageId, { recipient, text, metadata: metadataOf(replyId) });
  return result.ok ? { ...result, sentId: result.value.messageId } : result;
}
