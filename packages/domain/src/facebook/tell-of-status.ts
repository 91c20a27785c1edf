import type { Uuid } from '../ids.ts';
import type { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import type { NotificationKind } from '../notifications/notification.ts';
import { recordNotification } from '../notifications/record-notification.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { deadStatuses, type Verdict } from './judge-page.ts';

const day = 24 * 3_600_000;
/** Days before the end at which people are told, once each. */
const rungs = [1, 3, 7, 14] as const;
/** So long a page may be without its events before people are told: it is looked at hourly. */
const deafMs = 90 * 60_000;

interface News {
  before: FacebookPageIntegration;
  verdict: Verdict;
  /** The page is to get its events. */
  isToHear: boolean;
  since: Date;
  now: Date;
}

/**
 * Notes what people are to be told of a status: that it stopped, that it works again, that its events stay away, that an
 * end lies ahead.
 * @returns whether it works again, after people had been told that it did not
 */
export async function tellOfStatus(tx: TenantTx, news: News): Promise<{ recovered: boolean }> {
  const { before, verdict, since, now } = news;
  const { id: integrationId, page_name } = before;
  const { detail = 'It works.', fix } = verdict.reason ?? {};
  const about = { integrationId, detail: { page_name: page_name || before.page_id, detail, ...(fix && { fix }) } };
  const isNew = before.status !== verdict.status;
  const isDead = deadStatuses.includes(verdict.status);
  const isDeaf = verdict.status === 'not_subscribed';
  if (isNew && isDead) await recordNotification(tx, { ...about, kind: 'dead', episode: since });
  // Facebook mends that by itself at times, or at our next try.
  if (isDeaf && news.isToHear && now.getTime() - since.getTime() >= deafMs) {
    await recordNotification(tx, { ...about, kind: 'deaf', episode: since });
  }
  const isWell = isNew && !isDead && !isDeaf && verdict.status !== 'unverified';
  const recovered = isWell && (await wasToldLast(tx, integrationId, 'dead', 'recovered'));
  if (recovered) await recordNotification(tx, { ...about, kind: 'recovered', episode: since });
  if (isWell && news.isToHear && (await wasToldLast(tx, integrationId, 'deaf', 'heard'))) {
    await recordNotification(tx, { ...about, kind: 'heard', episode: since });
  }
  if (verdict.status === 'expiring') await tellOfEnd(tx, about, news);
  return { recovered };
}

type About = Pick<Parameters<typeof recordNotification>[1], 'integrationId' | 'detail'>;

/** That the login ends soon, on each rung; that it has ended; and after that, where the page's own token ends too. */
async function tellOfEnd(tx: TenantTx, about: About, { before, verdict, since, now }: News): Promise<void> {
  const ended = 'login_ended';
  if (verdict.reason?.code === ended && before.status_reason?.code !== ended) {
    await recordNotification(tx, { ...about, kind: 'expiring', rung: 0, episode: since });
    return;
  }
  const { endsAt } = verdict;
  const rung = endsAt && rungs.find(days => endsAt.getTime() - now.getTime() <= days * day);
  if (rung) await recordNotification(tx, { ...about, kind: 'expiring', rung, episode: endsAt });
}

/** What people heard last of it. Fresh tokens make a dead page `unverified` first: its status does not tell. */
async function wasToldLast(
  tx: TenantTx,
  integrationId: Uuid,
  bad: NotificationKind,
  good: NotificationKind,
): Promise<boolean> {
  const last = await tx('notifications')
    .where({ organization_id: tx.tenant.organizationId, integration_id: integrationId })
    .whereIn('kind', [bad, good])
    .orderBy('id', 'desc')
    .first('kind');
  return last?.kind === bad;
}
