import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { sendNotificationsJob } from '../jobs.ts';
import { trySend } from '../mail/mailer.ts';
import { nudge } from '../nudge.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { composeNotification } from './compose-notification.ts';
import type { WaitingNotification } from './notification.ts';

/** Rows at once; what belongs into one mail is never cut. */
const batch = 500;

/**
 * Sends an organization's waiting notifications: one mail for a person and kind of news, however many pages it is about.
 * Claimed before they are sent, noted after; where a process dies in between they are sent again ten minutes later.
 * What the mail server does not take now waits for some minutes, behind the others; what it refuses for good is given
 * up. One address that does not work must not keep the news from everybody else.
 */
export async function sendNotifications(
  ctx: Context,
  { organization_id: organization }: { organization_id: Uuid },
): Promise<{ outcome: 'sent' | 'delayed' | 'gone'; mails: number }> {
  try {
    const waiting = await withTenant(ctx, { organization }, claimWaiting);
    const groups = groupByMail(waiting);
    let mails = 0;
    for (const group of groups) mails += (await send(ctx, organization, group)) ? 1 : 0;
    // One person's news of a thousand pages fill a run: the others' follow at once.
    if (waiting.length >= batch) await nudge(ctx, sendNotificationsJob, { organization_id: organization });
    return { outcome: mails === groups.length ? 'sent' : 'delayed', mails };
  } catch (error) {
    if (isGone(error)) return { outcome: 'gone', mails: 0 };
    throw error;
  }
}

const isFree = `(claimed_at is null or claimed_at < clock_timestamp() - interval '10 minutes')`;

async function claimWaiting(tx: TenantTx): Promise<WaitingNotification[]> {
  const { organizationId } = tx.tenant;
  const { rows } = await tx.raw(
    `with waiting as (
       select user_id, kind, rung, sum(count(*)) over (order by min(created_at), user_id, kind, rung) - count(*) as earlier
       from notifications where organization_id = ? and sent_at is null and ${isFree} group by user_id, kind, rung
     ), claimed as (
       update notifications set claimed_at = clock_timestamp()
       where organization_id = ? and id in (
         select id from notifications join waiting using (user_id, kind, rung)
         where organization_id = ? and sent_at is null and ${isFree} and earlier < ?
         for update of notifications skip locked
       ) returning *
     )
     select claimed.id, claimed.kind, claimed.rung, claimed.detail, person.email, o.slug, o.name as organization
     from claimed left join auth.users as person on person.id = claimed.user_id
     join organizations o on o.id = claimed.organization_id order by claimed.id`,
    [organizationId, organizationId, organizationId, batch],
  );
  const found = rows as (Omit<WaitingNotification, 'email'> & { email: string | null })[];
  // Whoever is no member any more is not seen from here, and not told.
  const forNobody = found.filter(({ email }) => email === null);
  if (forNobody.length > 0) await settle(tx, forNobody, { sent_at: tx.raw('app.now()') });
  return found.filter((row): row is WaitingNotification => row.email !== null);
}

const settle = (tx: TenantTx, rows: readonly { id: Uuid }[], columns: Record<string, unknown>): PromiseLike<unknown> =>
  tx('notifications')
    .where({ organization_id: tx.tenant.organizationId })
    .whereIn(
      'id',
      rows.map(({ id }) => id),
    )
    .update(columns as never);

function groupByMail(waiting: readonly WaitingNotification[]): WaitingNotification[][] {
  const groups = new Map<string, WaitingNotification[]>();
  for (const notification of waiting) {
    const key = `${notification.email} ${notification.kind} ${notification.rung}`;
    groups.set(key, [...(groups.get(key) ?? []), notification]);
  }
  return [...groups.values()];
}

/** @returns false when the group has to wait */
async function send(ctx: Context, organization: Uuid, group: readonly WaitingNotification[]): Promise<boolean> {
  const failure = await trySend(ctx.mailer, composeNotification(group, ctx.publicUrl));
  if (failure) ctx.log.warn(failure, 'a notice was not taken');
  const hasToWait = failure !== null && !failure.given_up;
  await withTenant(ctx, { organization }, tx =>
    settle(
      tx,
      group,
      hasToWait ? { claimed_at: tx.raw(`clock_timestamp() - interval '9 minutes'`) } : { sent_at: tx.raw('app.now()') },
    ),
  );
  return !hasToWait;
}
