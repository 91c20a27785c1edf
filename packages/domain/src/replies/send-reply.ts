import type { GraphError } from '@pagekeeper/facebook/graph-error';
import { pageRestMs, type Usage } from '@pagekeeper/facebook/usage';
import { failpoint } from '@pagekeeper/runtime/failpoint';
import type { Context } from '../context.ts';
import { usableStatuses } from '../facebook/judge-page.ts';
import { newIdAt, type Uuid } from '../ids.ts';
import { awaitsCheck, usedUp } from '../integrations/facebook-page-integration.ts';
import { statementInTenant, withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { blockPage } from './block-page.ts';
import type { Decision } from './decide.ts';
import { type Drain, pausePage, type UsableDrain } from './drain-lease.ts';
import { type DecidedEvent, mayBeTriedAgain, metadataOf } from './read-events.ts';
import { type ReplyKind, textOf } from './reply.ts';
import { isFoundOut, type SendFailure, settleFailure } from './settle.ts';
import { type ReplyOutcome, tellOfReply } from './tell-of-events.ts';

/**
 * 'next': it had its turn. 'later': it is tried again, and what comes after it waits for it. 'changed': the lease, the page or what it is to do is not what it
 * was. 'paused': nothing more may be sent now.
 */
export type Step = 'next' | 'later' | 'changed' | { paused: Extract<SendFailure, { type: 'pause' }> };

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
  let askedAt = 0;
  const intent = await makeIntent(ctx, drain, event, outgoing, () => {
    // Not before: waiting for a connection does no harm, since the intent's own statement looks at the lease.
    askedAt = performance.now();
    failpoint('reply.before_intent');
  });
  if (typeof intent === 'string') return intent;
  failpoint('reply.before_http');
  // Another process may have taken over by now and found nothing sent. Where none has, it is not in doubt for ever.
  if (performance.now() - askedAt > staleIntentMs) {
    const notSent = { state: 'claimed', reason: 'It was not sent.', counts: false, afterSeconds: 0 } as const;
    await withTenant(ctx, { organization }, tx => putBack(tx, intent, notSent));
    return 'changed';
  }
  const result = await callFacebook(ctx, drain, outgoing, intent.id);
  failpoint('reply.after_http');
  const failure = result.ok ? null : settleFailure(result.error, event.row.attempts + 1);
  const step = result.ok
    ? await storeSent(ctx, drain, intent, result, outgoing)
    : await storeFailure(ctx, drain, intent, failure!);
  tellOfReply(ctx, event, { kind: outgoing.kind, replyId: intent.id, outcome: outcomes[failure?.type ?? 'sent'] });
  return step;
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

interface Intent {
  id: Uuid;
  kind: ReplyKind;
  attempts: number;
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
  return attempts === null ? 'next' : { id, kind, attempts };
}

const intentSql = `
  with allowed as (
    select p.organization_id from facebook_page_integrations p
    join integrations i on i.organization_id = p.organization_id and i.id = p.id and i.is_active and i.version = $3
    join businesses b on b.organization_id = i.organization_id and b.id = i.business_id and b.is_active
    join organizations o on o.id = p.organization_id and o.is_active and not o.replies_paused
    where p.organization_id = $1 and p.id = $2 and p.drain_token = $4 and p.drain_until > clock_timestamp()
      and p.generation = $5 and p.status = any($6) and (p.paused_until is null or p.paused_until <= app.now())
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

interface Sent {
  ok: true;
  sentId: string;
  usage: Usage;
}
type CallResult = Sent | { ok: false; error: GraphError };

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

async function storeSent(
  ctx: Context,
  drain: UsableDrain,
  intent: Intent,
  { sentId, usage }: Sent,
  { rule }: Outgoing,
): Promise<Step> {
  const reason = rule === 'default' ? 'Answered with the default text.' : `Answered with ${rule}.`;
  await finish(ctx, drain, intent, { state: 'sent', reason, sentId, event: 'processed' });
  const waitMs = pageRestMs(usage, drain.pageId);
  if (waitMs === null) return 'next';
  // The next call would be refused, and prolong it.
  await withTenant(ctx, { organization: drain.organizationId }, tx => pausePage(tx, drain, waitMs, usedUp));
  return { paused: { type: 'pause', scope: 'page', waitMs, check: false, counts: false, reason: usedUp } };
}

async function storeFailure(ctx: Context, drain: UsableDrain, intent: Intent, failure: SendFailure): Promise<Step> {
  const organization = drain.organizationId;
  const { reason } = failure;
  switch (failure.type) {
    case 'done':
      await finish(ctx, drain, intent, { state: 'sent', reason, sentId: null, event: 'processed' });
      return 'next';
    case 'rejected':
      await finish(ctx, drain, intent, { state: 'rejected', reason, sentId: null, event: 'failed' });
      return 'next';
    case 'given_up':
      await finish(ctx, drain, intent, { state: 'unknown', reason, sentId: null, event: 'processed' });
      return 'next';
    default:
      return await withTenant(ctx, { organization }, tx => storeUnfinished(tx, drain, intent, failure));
  }
}

type Unfinished = Exclude<SendFailure, { type: 'done' | 'rejected' | 'given_up' }>;

async function storeUnfinished(tx: TenantTx, drain: UsableDrain, intent: Intent, failure: Unfinished): Promise<Step> {
  const { reason } = failure;
  switch (failure.type) {
    case 'unknown': {
      // The others are looked for at once.
      const afterSeconds = intent.kind === 'private_comment' ? failure.afterSeconds : 0;
      await putBack(tx, intent, { state: 'unknown', reason, waits: isFoundOut, counts: true, afterSeconds });
      return 'next';
    }
    case 'retry':
      await putBack(tx, intent, { state: 'claimed', reason, counts: true, afterSeconds: failure.afterSeconds });
      return 'later';
    case 'pause':
      await putBack(tx, intent, { state: 'claimed', reason, counts: failure.counts, afterSeconds: 0 });
      if (failure.isBlock) await blockPage(tx, drain, reason);
      else if (failure.scope === 'page')
        await pausePage(tx, drain, failure.waitMs, failure.check ? awaitsCheck : reason);
      return { paused: failure };
  }
}

/**
 * Ends a reply and its event, unless another process has tried it since. One that was given up meanwhile, since nobody
 * could know, is known now.
 */
async function finish(
  ctx: Context,
  { organizationId: organization }: Drain,
  { id, attempts }: Intent,
  end: { state: 'sent' | 'rejected' | 'unknown'; reason: string; sentId: string | null; event: 'processed' | 'failed' },
): Promise<void> {
  const bindings = [organization, id, attempts, end.state, end.reason, end.sentId, end.event];
  await statementInTenant(ctx, { organization }, { sql: finishSql, bindings }, () => failpoint('reply.before_commit'));
}

const finishSql = `
  with done as (
    update replies set state = $4, reason = $5, sent_id = $6, finished_at = now()
    where organization_id = $1 and id = $2 and attempts = $3 and state in ('sending', 'unknown') returning event_id
  )
  update webhook_events e set state = $7, reason = $5, processed_at = now()
  from done where e.organization_id = $1 and e.id = done.event_id`;

/** Leaves the event pending, and out of sight for a while. */
async function putBack(
  tx: TenantTx,
  { id, attempts }: Intent,
  back: { state: 'claimed' | 'unknown'; reason: string; waits?: string; counts: boolean; afterSeconds: number },
): Promise<void> {
  const organization = tx.tenant.organizationId;
  await tx.raw(
    `with back as (
       update replies set state = ?, reason = ?
       where organization_id = ? and id = ? and attempts = ? and state = 'sending' returning event_id
     )
     update webhook_events e set reason = ?, attempts = e.attempts + ?,
       not_before = clock_timestamp() + ? * interval '1 second'
     from back where e.organization_id = ? and e.id = back.event_id`,
    [
      back.state,
      back.reason,
      organization,
      id,
      attempts,
      back.waits ?? back.reason,
      back.counts ? 1 : 0,
      back.afterSeconds,
      organization,
    ] as never,
  );
}
