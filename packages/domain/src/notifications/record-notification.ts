import { newId, type Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { noticeNames } from '../users/me.ts';
import type { NotificationDetail, NotificationKind } from './notification.ts';

export interface News {
  /** Null for what is about no page. */
  integrationId: Uuid | null;
  kind: NotificationKind;
  rung?: number;
  episode: Date;
  detail: NotificationDetail;
}

/** What a person may switch off (`PATCH /v1/me { notices }`), by kind. */
const noticeOf: Record<NotificationKind, (typeof noticeNames)[number]> = {
  expiring: 'token_expiring',
  dead: 'token_dead',
  recovered: 'token_dead',
  deaf: 'token_dead',
  heard: 'token_dead',
  moved: 'page_moved',
  taken_over: 'page_moved',
  blocked: 'token_dead',
  staff_entered: 'staff_entered',
};

/**
 * Notes, in the transaction that stores the news, that every OWNER and ADMIN who wants to know is to be told. The same
 * news again changes nothing.
 */
export async function recordNotification(tx: TenantTx, news: News): Promise<void> {
  const { organizationId: organization_id } = tx.tenant;
  const people: { id: Uuid }[] = await tx('organization_memberships as member')
    .join('auth.users as person', 'person.id', 'member.user_id')
    .where({ 'member.organization_id': organization_id, 'member.is_active': true })
    .whereIn('member.role', ['OWNER', 'ADMIN'])
    .whereRaw(`coalesce((person.notices ->> ?)::boolean, true)`, [noticeOf[news.kind]])
    .select('person.id');
  const rows = people.map(({ id: user_id }) => ({
    organization_id,
    id: newId(),
    user_id,
    integration_id: news.integrationId,
    kind: news.kind,
    rung: news.rung ?? 0,
    episode: news.episode,
    detail: JSON.stringify(news.detail),
    created_at: tx.raw('app.now()'),
  }));
  if (rows.length > 0) await tx('notifications').insert(rows).onConflict().ignore();
}
