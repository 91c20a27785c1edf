import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import type { Mail } from '../mail/render-mail.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { composeNotification } from './compose-notification.ts';
import type { WaitingNotification } from './notification.ts';

const batch = 500;

/**
 * Sends an organization's waiting notifications: one mail for a person and kind of news, however many pages it is about.
 * Claimed before they are sent, noted after; where a process dies in between they are sent again ten minutes later.
 * @throws the mailer's error, after everything else was sent: try again
 */
export async function sendNotifications(
  ctx: Context,
  { organization_id: organization }: { organization_id: Uuid },
): Promise<{ outcome: 'sent' | 'gone'; mails: number }> {
  try {
    const waiting = await withTenant(ctx, { organization }, claimWaiting);
    const groups = groupByMail(waiting);
    const failures: unknown[] = [];
    for (const group of groups) {
      const failure = await send(ctx, organization, group);
      if (failure) failures.push(failure);
    }
    if (failures.length > 0) throw failures[0];
    return { outcome: 'sent', mails: groups.length };
  } catch (error) {
    if (isGone(error)) return { outcome: 'gone', mails: 0 };
    throw error;
  }
}

async function claimWaiting(tx: TenantTx): Promise<WaitingNotification[]> {
  const { rows } = await tx.raw(
    `with claimed as (
       update notifications set claimed_at = clock_timestamp()
       where organization_id = ? and id in (
         select id from notifications where organization_id = ? and sent_at is null
           and (claimed_at is null or claimed_at < clock_timestamp() - interval '10 minutes')
         order by id limit ? for update skip locked
       ) returning *
     )
     select claimed.id, claimed.kind, claimed.rung, claimed.detail, person.email, o.slug, o.name as organization
     from claimed join auth.users as person on person.id = claimed.user_id
     join organizations o on o.id = claimed.organization_id order by claimed.id`,
    [tx.tenant.organizationId, tx.tenant.organizationId, batch],
  );
  return rows;
}

function groupByMail(waiting: readonly WaitingNotification[]): WaitingNotification[][] {
  const groups = new Map<string, WaitingNotification[]>();
  for (const notification of waiting) {
    const key = `${notification.email} ${notification.kind} ${notification.rung}`;
    groups.set(key, [...(groups.get(key) ?? []), notification]);
  }
  return [...groups.values()];
}

/** @returns what went wrong; the group is free to be claimed again then */
async function send(ctx: Context, organization: Uuid, group: readonly WaitingNotification[]): Promise<unknown> {
  const mail: Mail = composeNotification(group, ctx.publicUrl);
  const ids = group.map(({ id }) => id);
  const failure = await ctx.mailer.send(mail).then(
    () => null,
    error => error,
  );
  await withTenant(ctx, { organization }, tx =>
    tx('notifications')
      .where({ organization_id: organization })
      .whereIn('id', ids)
      .update(failure ? { claimed_at: null } : { sent_at: tx.raw('app.now()') as never }),
  );
  return failure;
}
