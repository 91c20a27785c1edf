import type { Uuid } from '../ids.ts';
import type { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { recordNotification } from '../notifications/record-notification.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { deadStatuses, type Verdict } from './judge-page.ts';

const day = 24 * 3_600_000;
/** Days before the end at which people are told, once each. */
const rungs = [1, 3, 7, 14] as const;
/** So long a page may be without its events before people are told: it is looked at hourly. */
const deafMs = 90 * 60_000;

/**
 * Notes what people are to be told of a status: that it stopped, that it works again, that an end lies ahead.
 * @returns whether it works again, after people had been told that it did not
 */
export async function tellOfStatus(
  tx: TenantTx,
  news: { before: FacebookPageIntegration; verdict: Verdict; since: Date; now: Date },
): Promise<{ recovered: boolean }> {
  const { before, verdict, since, now } = news;
  const { id: integrationId, page_name } = before;
  const { detail = 'It works.', fix } = verdict.reason ?? {};
  const about = { integrationId, detail: { page_name: page_name || before.page_id, detail, ...(fix && { fix }) } };
  const isNew = before.status !== verdict.status;
  const isDead = deadStatuses.includes(verdict.status);
  // Facebook mends it by itself at times, or at our next try.
  const isDeaf = verdict.status === 'not_subscribed';
  const isDeafForLong = isDeaf && now.getTime() - since.getTime() >= deafMs;
  if ((isNew && isDead) || isDeafForLong) await recordNotification(tx, { ...about, kind: 'dead', episode: since });
  const isBack = isNew && !isDead && !isDeaf && verdict.status !== 'unverified';
  const recovered = isBack && (await wasToldDead(tx, integrationId));
  if (recovered) {
    await recordNotification(tx, { ...about, kind: 'recovered', episode: since });
  }
  if (verdict.status === 'expiring') {
    const { endsAt } = verdict;
    const rung = endsAt && rungs.find(days => endsAt.getTime() - now.getTime() <= days * day);
    if (rung) await recordNotification(tx, { ...about, kind: 'expiring', rung, episode: endsAt });
    // Its end has come: the page's own token may have another.
    if (!endsAt || verdict.reason?.code === 'login_ended') {
      await recordNotification(tx, { ...about, kind: 'expiring', rung: 0, episode: since });
    }
  }
  return { recovered };
}

/** The last that people heard of it. Fresh tokens make a dead page `unverified` first: its status does not tell. */
async function wasToldDead(tx: TenantTx, integrationId: Uuid): Promise<boolean> {
  const last = await tx('notifications')
    .where({ organization_id: tx.tenant.organizationId, integration_id: integrationId })
    .whereIn('kind', ['dead', 'recovered'])
    .orderBy('id', 'desc')
    .first('kind');
  return last?.kind === 'dead';
}
