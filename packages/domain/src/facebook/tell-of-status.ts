import type { Uuid } from '../ids.ts';
import type { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { recordNotification } from '../notifications/record-notification.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { deadStatuses, type Verdict } from './judge-page.ts';

const day = 24 * 3_600_000;
/** Days before the end at which people are told, once each. */
const rungs = [1, 3, 7, 14] as const;

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
  if (isNew && isDead) await recordNotification(tx, { ...about, kind: 'dead', episode: since });
  const recovered = isNew && !isDead && verdict.status !== 'unverified' && (await wasToldDead(tx, integrationId));
  if (recovered) {
    await recordNotification(tx, { ...about, kind: 'recovered', episode: since });
  }
  if (verdict.status === 'expiring') {
    const endsAt = verdict.endsAt ?? null;
    const rung = endsAt ? rungs.find(days => endsAt.getTime() - now.getTime() <= days * day) : 0;
    if (rung !== undefined)
      await recordNotification(tx, { ...about, kind: 'expiring', rung, episode: endsAt ?? since });
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
