import { awaitsCheck } from '../integrations/facebook-page-integration.ts';
import { pausePage } from '../integrations/pause-page.ts';
import { recordNotification } from '../notifications/record-notification.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { Drain } from './drain-lease.ts';
import type { DecidedEvent } from './read-events.ts';
import { blockedMs, type SendFailure } from './settle.ts';

/** Leaves the page alone for as long as a refused send asks for; a rest of the whole app is noted elsewhere. */
export async function restPage(
  tx: TenantTx,
  drain: Drain,
  { scope, waitMs, check, isBlock, reason }: Extract<SendFailure, { type: 'pause' }>,
): Promise<void> {
  if (isBlock) await blockPage(tx, drain, reason);
  else if (scope === 'page') await pausePage(tx, drain, waitMs, check ? awaitsCheck : reason);
}

/**
 * Facebook keeps the page from sending, by what it answered or by an event of its own: the page rests for hours, since
 * trying again prolongs a block, and people are told once a day.
 */
export async function blockPage(tx: TenantTx, drain: Drain, reason: string): Promise<void> {
  await pausePage(tx, drain, blockedMs, reason);
  const { rows } = await tx.raw(
    `select app.now() as now, exists (
       select from notifications where organization_id = ? and integration_id = ? and kind = 'blocked'
         and episode > app.now() - interval '1 day') as told`,
    [drain.organizationId, drain.integrationId],
  );
  const { now, told } = rows[0];
  if (told) return;
  await recordNotification(tx, {
    integrationId: drain.integrationId,
    kind: 'blocked',
    episode: now,
    detail: {
      page_name: drain.pageName || drain.pageId,
      detail: reason,
      fix: 'Look at the page’s Support Inbox on Facebook. Answers that are alike, or many at once, bring this about.',
    },
  });
}

/** Why these events say that Facebook blocks the page, at their end; null where they do not. */
export function blockIn({ pageId }: Drain, events: readonly DecidedEvent[]): string | null {
  const policies = events.flatMap(({ incoming, row, decidedAt }) =>
    incoming?.kind === 'policy' && row.page_id === pageId && !row.replay && isOfNow(incoming.at, decidedAt)
      ? [incoming]
      : [],
  );
  const last = policies.findLast(({ action }) => action === 'block' || action === 'unblock');
  return last?.action === 'block' ? `Facebook blocked the page: ${last.reason ?? 'it does not say why'}` : null;
}

const isOfNow = (at: Date | null, now: Date): boolean => at !== null && now.getTime() - at.getTime() < blockedMs;
