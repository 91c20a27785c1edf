import { failpoint } from '@pagekeeper/runtime/failpoint';
import pLimit from 'p-limit';
import { audit } from '../audit/audit.ts';
import { closeReleased } from '../claims/close-released.ts';
import type { Context } from '../context.ts';
import { together } from '../database/together.ts';
import type { Uuid } from '../ids.ts';
import { drainEventsJob, refreshLoginJob } from '../jobs.ts';
import { keepLease } from '../keep-lease.ts';
import { nudge } from '../nudge.ts';
import { passAnswers, pauseApp } from '../tenancy/app-pause.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { type AnsweringDrain, commitsOf } from './answer-commits.ts';
import { blockIn, blockPage } from './block-page.ts';
import { closeEvents } from './close-events.ts';
import { beginDrain, type Drain, endDrain, extendDrain, renewDrain } from './drain-lease.ts';
import { batchSize, type DecidedEvent, pendingEvents, type ReplyOptions, readEvents } from './read-events.ts';
import { reconcileReply } from './reconcile-reply.ts';
import { sendReply } from './send-reply.ts';
import type { Step } from './store-outcome.ts';
import { tellOfClosing } from './tell-of-events.ts';

export interface DrainOptions extends ReplyOptions {
  /** How long a reply in doubt is waited for before it counts as not sent. */
  quietSeconds: number;
  /** The worker stops. */
  signal: AbortSignal;
}

export interface DrainOutcome {
  /** drained: nothing new is due. continued: its slice of time is over, it goes on behind the others. */
  outcome: 'drained' | 'continued' | 'changed' | 'paused' | 'stopped' | 'busy' | 'gone';
  events: number;
}

/** Then the job ends and nudges itself: a busy page takes its turn with the others. */
const sliceMs = 1_000;
const keeping = {
  /** A third of the lease: two may fail. */
  everyMs: 5_000,
  /** A slice, its longest calls (a minute each, at most) and their commits. */
  atMostMs: 180_000,
};
/**
 * Conversations of one page that are answered at the same time. A crash leaves in doubt what is under way. A public
 * answer is looked for, a private one may be sent again; nobody can look for a message, so fewer of them are under way.
 */
const concurrency = { comments: 8, messages: 4 };

/**
 * Works off an integration's pending events in order, under its lease: opens and decides each, closes in bulk what
 * needs no answer, and answers the others: conversations beside each other, each in its own order.
 */
export async function drainEvents(
  ctx: Context,
  { organization_id: organization, integration_id }: { organization_id: Uuid; integration_id: Uuid },
  options: DrainOptions,
): Promise<DrainOutcome> {
  const ids = { organizationId: organization, integrationId: integration_id };
  try {
    const pass = await passAnswers(ctx.database, options.appId);
    if (pass === 'on_trial') await askForCheck(ctx, ids);
    if (pass !== 'yes') return { outcome: 'paused', events: 0 };
    const drain = await withTenant(ctx, { organization }, tx => beginDrain(tx, ctx.vault, integration_id));
    if (drain === 'gone') {
      return { outcome: 'gone', events: await closeReleased(ctx, organization, integration_id) };
    }
    if (typeof drain === 'string') return { outcome: drain, events: 0 };
    failpoint('drain.after_claim');
    if (drain.damaged) await askForCheck(ctx, drain);
    const extend = () => withTenant(ctx, { organization }, tx => extendDrain(tx, drain));
    const letGo = keepLease(ctx, { integration_id }, extend, keeping);
    const opened = new Set<Uuid>();
    const outcome = await drainSlice(ctx, drain, options, opened).finally(async () => {
      letGo();
      // Also after a failure: whoever tries again shall not wait for the lease's end.
      await withTenant(ctx, { organization }, tx =>
        together([endDrain(tx, drain), opened.size > 0 && noteOpening(tx, drain, opened.size)]),
      );
    });
    if (outcome === 'continued' || outcome === 'changed') {
      await nudge(ctx, drainEventsJob, { organization_id: organization, integration_id });
    }
    return { outcome, events: opened.size };
  } catch (error) {
    if (isGone(error)) return { outcome: 'gone', events: 0 };
    throw error;
  }
}

/** Contents were opened: one line for all of them, as for people. */
const noteOpening = (tx: TenantTx, { integrationId: id }: Drain, events: number): Promise<void> =>
  audit(tx, { action: 'events.drained', subject: { type: 'integration', id }, changes: { events } });

/** @param opened takes the events that were opened */
async function drainSlice(
  ctx: Context,
  drain: Drain,
  options: DrainOptions,
  opened: Set<Uuid>,
): Promise<DrainOutcome['outcome']> {
  let endsAt = Number.POSITIVE_INFINITY;
  const isOver = () => options.signal.aborted || performance.now() > endsAt;
  for (;;) {
    const batch = await withTenant(ctx, { organization: drain.organizationId }, async tx => {
      // In one flight. What was read is worth something only where the lease is ours still.
      const [times, rows] = await together([renewDrain(tx, drain), pendingEvents(tx, drain)]);
      if (!times) return null;
      const decided = await readEvents(tx, ctx, drain, { ...times, rows }, options);
      const closed = await closeEvents(tx, ctx, drain, decided);
      const block = blockIn(drain, decided);
      if (block) await blockPage(tx, drain, block);
      return { decided, block, ...closed };
    });
    if (!batch) return 'changed';
    // From the first commit: where the database takes a second to come there, somebody is answered all the same.
    endsAt = Math.min(endsAt, performance.now() + sliceMs);
    const { decided } = batch;
    const openedBefore = opened.size;
    for (const { id } of decided) opened.add(id);
    tellOfClosing(ctx, drain, decided, batch);
    failpoint('drain.after_close');
    if (batch.block) return 'paused';
    const { token } = drain;
    // Without a token everything that needs one was parked.
    const answering = token && { ...drain, token, commits: commitsOf(ctx, drain) };
    const halt = answering && (await answerAll(ctx, answering, batch.left, options, isOver));
    if (halt) return halt;
    if (options.signal.aborted) return 'stopped';
    if (isOver()) return 'continued';
    // What came meanwhile is answered sooner than by a job of its own. What only comes again waits for the sweep.
    if (opened.size === openedBefore) return decided.length < batchSize ? 'drained' : 'continued';
  }
}

/** Null when every event had its turn, or the slice is over. */
async function answerAll(
  ctx: Context,
  drain: AnsweringDrain,
  events: readonly DecidedEvent[],
  options: DrainOptions,
  isOver: () => boolean,
): Promise<'changed' | 'paused' | null> {
  let halt: 'changed' | 'paused' | null = null;
  const [ofComments, ofMessages] = [pLimit(concurrency.comments), pLimit(concurrency.messages)];
  const limitOf = ([first]: readonly DecidedEvent[]) => (first!.incoming?.kind === 'comment' ? ofComments : ofMessages);
  const answerInOrder = async (conversation: readonly DecidedEvent[]) => {
    for (const event of conversation) {
      if (halt || isOver()) return;
      const step = await answer(ctx, drain, event, options);
      if (step === 'next') continue;
      if (step === 'later') return;
      halt = step === 'changed' ? 'changed' : 'paused';
      if (typeof step === 'object') await afterPause(ctx, drain, step.paused, options);
      return;
    }
  };
  const answers = conversationsOf(events).map(conversation => limitOf(conversation)(answerInOrder, conversation));
  // All of them come to their end before the lease is given back.
  const failed = (await Promise.allSettled(answers)).find(result => result.status === 'rejected');
  if (failed) throw failed.reason;
  return halt;
}

function conversationsOf(events: readonly DecidedEvent[]): DecidedEvent[][] {
  const conversations = new Map<string, DecidedEvent[]>();
  for (const event of events) {
    const key = event.thread ?? event.id;
    const conversation = conversations.get(key);
    if (conversation) conversation.push(event);
    else conversations.set(key, [event]);
  }
  return [...conversations.values()];
}

async function answer(
  ctx: Context,
  drain: AnsweringDrain,
  event: DecidedEvent,
  { quietSeconds }: DrainOptions,
): Promise<Step> {
  const { reply, decision } = event;
  const isInDoubt = reply && (reply.state === 'sending' || reply.state === 'unknown');
  const outgoing = decision.type === 'reply' && !decision.shadow ? decision : null;
  if (isInDoubt) {
    const finding = await reconcileReply(ctx, drain, event, reply, { quietSeconds, isWanted: outgoing !== null });
    if (finding !== 'absent') return finding;
  }
  if (outgoing) return await sendReply(ctx, drain, event, outgoing);
  if (isInDoubt) await closeUnsent(ctx, drain, event);
  return 'next';
}

/** It was to be answered once, was not, and shall not be any more: the next batch closes it with today's reason. */
async function closeUnsent(ctx: Context, { organizationId }: Drain, { reply }: DecidedEvent): Promise<void> {
  await withTenant(ctx, { organization: organizationId }, tx =>
    tx('replies')
      .where({ organization_id: organizationId, id: reply!.id, attempts: reply!.attempts })
      .whereIn('state', ['sending', 'unknown'])
      .whereNull('finished_at')
      .update({ state: 'claimed', reason: 'It was not sent.' }),
  );
}

async function afterPause(
  ctx: Context,
  drain: Drain,
  { scope, check, waitMs, reason }: Extract<Step, object>['paused'],
  { appId }: DrainOptions,
): Promise<void> {
  ctx.log.warn({ integration_id: drain.integrationId, scope, wait_ms: waitMs, reason }, 'replies paused');
  if (scope === 'app') await pauseApp(ctx.database, appId, waitMs, reason);
  if (check) await askForCheck(ctx, drain);
}

// Whatever stopped it (a dead token, a lost page), one check finds out, and its status tells people.
async function askForCheck(
  ctx: Context,
  { organizationId: organization_id, integrationId }: Pick<Drain, 'organizationId' | 'integrationId'>,
): Promise<void> {
  // The page may have another login by now.
  const page = await withTenant(ctx, { organization: organization_id }, tx =>
    tx('facebook_page_integrations').where({ organization_id, id: integrationId }).first('login_id'),
  );
  if (page) await nudge(ctx, refreshLoginJob, { organization_id, login_id: page.login_id });
}
