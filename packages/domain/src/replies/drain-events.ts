import { failpoint } from '@pagekeeper/runtime/failpoint';
import { raw } from 'objection';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { drainEventsJob, refreshLoginJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { closeAs, closeEvents } from './close-events.ts';
import { beginDrain, type Drain, endDrain, renewDrain, type UsableDrain } from './drain-lease.ts';
import { batchSize, type DecidedEvent, readEvents } from './read-events.ts';
import { reconcileReply } from './reconcile-reply.ts';
import { Reply } from './reply.ts';
import { type Step, sendReply } from './send-reply.ts';

export type DrainOutcome = { outcome: 'drained' | 'continued' | 'stopped' | 'busy' | 'gone'; events: number };

/** Then the job ends and nudges itself, so that one busy page does not hold a worker's place for ever. */
const maxBatches = 20;

/**
 * Works off an integration's pending events in order, under its lease: opens and decides each, closes in bulk what
 * needs no answer, and answers the others one after the other.
 * @param repliesOff the operator's kill switch
 */
export async function drainEvents(
  ctx: Context,
  { organization_id: organization, integration_id }: { organization_id: Uuid; integration_id: Uuid },
  repliesOff: boolean,
): Promise<DrainOutcome> {
  try {
    const drain = await withTenant(ctx, { organization }, tx => beginDrain(tx, ctx.vault, integration_id));
    if (drain === 'gone') return { outcome: await closeGone(ctx, organization, integration_id), events: 0 };
    if (drain === 'busy') return { outcome: 'busy', events: 0 };
    failpoint('drain.after_claim');
    if (drain.damaged) await askForCheck(ctx, drain);
    try {
      return await drainBatches(ctx, drain, repliesOff);
    } finally {
      await withTenant(ctx, { organization }, tx => endDrain(tx, drain));
    }
  } catch (error) {
    if (isGone(error)) return { outcome: 'gone', events: 0 };
    throw error;
  }
}

async function drainBatches(ctx: Context, drain: Drain, repliesOff: boolean): Promise<DrainOutcome> {
  let events = 0;
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const { read, left } = await withTenant(ctx, { organization: drain.organizationId }, async tx => {
      if (!(await renewDrain(tx, drain))) return { read: null, left: [] };
      const decided = await readEvents(tx, ctx, drain, repliesOff);
      return { read: decided.length, left: await closeEvents(tx, drain, decided) };
    });
    if (read === null) return { outcome: 'stopped', events };
    events += read;
    const { token } = drain;
    // Without a token everything that needs one was parked.
    if (token && (await answerAll(ctx, { ...drain, token }, left)) === 'stop') return { outcome: 'stopped', events };
    if (read < batchSize) return { outcome: 'drained', events };
  }
  const { organizationId: organization_id, integrationId: integration_id } = drain;
  await nudge(ctx, drainEventsJob, { organization_id, integration_id });
  return { outcome: 'continued', events };
}

async function answerAll(ctx: Context, drain: UsableDrain, events: readonly DecidedEvent[]): Promise<Step> {
  for (const event of events) {
    if ((await answer(ctx, drain, event)) === 'next') continue;
    await askForCheck(ctx, drain);
    return 'stop';
  }
  return 'next';
}

// Whatever stopped it (a dead token, a lost page), one check finds out, and its status tells people.
const askForCheck = (ctx: Context, { organizationId, loginId }: Drain): Promise<void> =>
  nudge(ctx, refreshLoginJob, { organization_id: organizationId, login_id: loginId });

async function answer(ctx: Context, drain: UsableDrain, event: DecidedEvent): Promise<Step> {
  const { reply, decision } = event;
  if (reply && reply.state !== 'claimed') {
    const finding = await reconcileReply(ctx, drain, event, reply);
    if (finding !== 'absent') return 'next';
  }
  if (decision.type === 'reply') return await sendReply(ctx, drain, event, decision);
  // It was to be answered once, and is not any more: the window has closed, or somebody switched replies off.
  if (decision.type === 'skip' && reply) {
    await withTenant(ctx, { organization: drain.organizationId }, tx => skip(tx, event, reply, decision.reason));
  }
  return 'next';
}

async function skip(tx: TenantTx, event: DecidedEvent, reply: Reply, reason: string): Promise<void> {
  await Reply.query(tx)
    .where({ id: reply.id })
    .patch({ state: 'skipped', reason, finished_at: raw('now()') as never });
  await closeAs(tx, [event.id], 'processed', reason);
}

/** Nobody holds the page for this integration any more: what waits is ended, with the reason. */
async function closeGone(ctx: Context, organization: Uuid, integrationId: Uuid): Promise<'gone'> {
  await withTenant(ctx, { organization }, tx =>
    tx('webhook_events')
      .where({ organization_id: organization, integration_id: integrationId, state: 'pending' })
      .update({ state: 'ignored', reason: 'The integration no longer holds the page.', processed_at: tx.fn.now() }),
  );
  return 'gone';
}
