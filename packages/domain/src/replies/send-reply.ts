import type { GraphError } from '@pagekeeper/facebook/graph-error';
import { failpoint } from '@pagekeeper/runtime/failpoint';
import type { Context } from '../context.ts';
import { newIdAt, type Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { AnsweringDrain, Intent, Wish } from './answer-commits.ts';
import type { Decision } from './decide.ts';
import type { UsableDrain } from './drain-lease.ts';
import { type DecidedEvent, mayBeTriedAgain, metadataOf } from './read-events.ts';
import { type ReplyKind, textOf } from './reply.ts';
import { isDuplicate, reasonOfDoubt, type SendFailure, settleFailure } from './settle.ts';
import { type CallResult, putBack, type Step, storeFailure, storeSent } from './store-outcome.ts';
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
  drain: AnsweringDrain,
  event: DecidedEvent,
  decision: Extract<Decision, { type: 'reply' }>,
): Promise<Step> {
  const organization = drain.organizationId;
  const outgoing = bindToEarlier(event, decision);
  const intent = await drain.commits.begin(wishOf(ctx, drain, event, outgoing));
  if (typeof intent === 'string') return intent;
  failpoint('reply.before_http');
  // Another process may have taken over by now and found nothing sent. Where none has, it is not in doubt for ever.
  if (intent.age() > staleIntentMs) {
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

function wishOf({ vault }: Context, { key }: UsableDrain, event: DecidedEvent, outgoing: Outgoing): Wish {
  const { id: eventId, reply, row } = event;
  const { kind, sourceId, rule } = outgoing;
  const id = reply?.id ?? newIdAt(event.decidedAt);
  const text = vault.seal(key, textOf(id), Buffer.from(outgoing.text)).bytes();
  const isInDoubt = kind === 'private_comment' && (reply?.state === 'sending' || reply?.state === 'unknown');
  return { id, eventId, kind, isInDoubt, sourceId, rule, text, threadHash: row.thread_hash, earlier: reply };
}

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
