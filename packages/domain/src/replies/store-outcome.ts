import type { GraphError } from '@pagekeeper/facebook/graph-error';
import { pageRestMs, type Usage } from '@pagekeeper/facebook/usage';
import type { Context } from '../context.ts';
import { usedUp } from '../integrations/facebook-page-integration.ts';
import { pausePage } from '../integrations/pause-page.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { AnsweringDrain, Intent } from './answer-commits.ts';
import { restPage } from './block-page.ts';
import type { UsableDrain } from './drain-lease.ts';
import { type SendFailure, waitsForProof } from './settle.ts';

/**
 * What became of an event's turn. 'next': it had it. 'later': it is tried again, and what comes after it waits for it.
 * 'changed': the lease, the page or what it is to do is not what it was. 'paused': nothing more may be sent now.
 */
export type Step = 'next' | 'later' | 'changed' | { paused: Extract<SendFailure, { type: 'pause' }> };

interface Sent {
  ok: true;
  sentId: string;
  usage: Usage;
}
export type CallResult = Sent | { ok: false; error: GraphError };

/** Stores that it was sent. Facebook may want the page left alone from then on. */
export async function storeSent(
  ctx: Context,
  drain: AnsweringDrain,
  intent: Intent,
  { sentId, usage }: Sent,
  { rule }: { rule: string },
): Promise<Step> {
  const reason = rule === 'default' ? 'Answered with the default text.' : `Answered with ${rule}.`;
  await drain.commits.end(intent, { state: 'sent', reason, sentId, event: 'processed' });
  const waitMs = pageRestMs(usage, drain.pageId);
  if (waitMs === null) return 'next';
  // The next call would be refused, and prolong it.
  await withTenant(ctx, { organization: drain.organizationId }, tx => pausePage(tx, drain, waitMs, usedUp));
  return { paused: { type: 'pause', scope: 'page', waitMs, check: false, counts: false, reason: usedUp } };
}

/** Stores what a failed try means. */
export async function storeFailure(
  ctx: Context,
  drain: AnsweringDrain,
  intent: Intent,
  failure: SendFailure,
): Promise<Step> {
  const organization = drain.organizationId;
  const { reason } = failure;
  switch (failure.type) {
    case 'done':
      await drain.commits.end(intent, { state: 'sent', reason, sentId: null, event: 'processed' });
      return 'next';
    case 'rejected':
      await drain.commits.end(intent, { state: 'rejected', reason, sentId: null, event: 'failed' });
      return 'next';
    case 'given_up':
      await drain.commits.end(intent, { state: 'unknown', reason, sentId: null, event: 'processed' });
      return 'next';
    default:
      return await withTenant(ctx, { organization }, tx => storeUnfinished(tx, drain, intent, failure));
  }
}

/** In seconds: a comment shows a moment after it is made, and for a message nobody asks. */
const firstLookAfter = { public_comment: 3, message: 0 };

type Unfinished = Exclude<SendFailure, { type: 'done' | 'rejected' | 'given_up' }>;

async function storeUnfinished(tx: TenantTx, drain: UsableDrain, intent: Intent, failure: Unfinished): Promise<Step> {
  const { reason } = failure;
  switch (failure.type) {
    case 'unknown': {
      const afterSeconds = { ...firstLookAfter, private_comment: failure.afterSeconds }[intent.kind];
      await putBack(tx, { ...intent, isInDoubt: true }, { reason, waits: waitsForProof, counts: true, afterSeconds });
      return 'next';
    }
    case 'retry':
      await putBack(tx, intent, { reason, counts: true, afterSeconds: failure.afterSeconds });
      return 'later';
    case 'pause':
      await putBack(tx, intent, { reason, counts: failure.counts, afterSeconds: 0 });
      await restPage(tx, drain, failure);
      return { paused: failure };
  }
}

/** Leaves the event pending, and out of sight for a while. */
export async function putBack(
  tx: TenantTx,
  { id, eventId, attempts, isInDoubt }: Intent,
  back: { reason: string; waits?: string; counts: boolean; afterSeconds: number },
): Promise<void> {
  const organization = tx.tenant.organizationId;
  await tx.raw(
    `with back as (
       update replies set state = ?, reason = ?
       where organization_id = ? and id = ? and attempts = ? and state = 'sending' returning id
     )
     update webhook_events set reason = ?, attempts = attempts + ?,
       not_before = clock_timestamp() + ? * interval '1 second'
     where organization_id = ? and id = ? and exists (select from back)`,
    [
      isInDoubt ? 'unknown' : 'claimed',
      back.reason,
      organization,
      id,
      attempts,
      back.waits ?? back.reason,
      back.counts ? 1 : 0,
      back.afterSeconds,
      organization,
      eventId,
    ] as never,
  );
}
