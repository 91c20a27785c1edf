import type { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { recordNotification } from '../notifications/record-notification.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { deadStatuses, type Verdict } from './judge-page.ts';

const day = 24 * 3_600_000;
/** Days before the end at which people are told, once each. */
const rungs = [1, 3, 7, 14] as const;

/** Notes what people are to be told of a status: that it stopped, that it works again, that an end lies ahead. */
export async function tellOfStatus(
  tx: TenantTx,
  news: { before: FacebookPageIntegration; verdict: Verdict; since: Date; now: Date },
): Promise<void> {
  const { before, verdict, since, now } = news;
  const { id: integrationId, page_name } = before;
  const { detail = 'It works.', fix } = verdict.reason ?? {};
  const about = { integrationId, detail: { page_name: page_name || before.page_id, detail, ...(fix && { fix }) } };
  const wasDead = deadStatuses.includes(before.status);
  const isDead = deadStatuses.includes(verdict.status);
  if (isDead && before.status !== verdict.status) {
    await recordNotification(tx, { ...about, kind: 'dead', episode: since });
  }
  if (wasDead && !isDead && verdict.status !== 'unverified') {
    await recordNotification(tx, { ...about, kind: 'recovered', episode: since });
  }
  if (verdict.status === 'expiring') {
    const endsAt = verdict.endsAt ?? null;
    const rung = endsAt ? rungs.find(days => endsAt.getTime() - now.getTime() <= days * day) : 0;
    if (rung !== undefined)
      await recordNotification(tx, { ...about, kind: 'expiring', rung, episode: endsAt ?? since });
  }
}
