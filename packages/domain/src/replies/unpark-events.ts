import type { Context } from '../context.ts';
import { usableStatuses } from '../facebook/judge-page.ts';
import { nilId, type Uuid } from '../ids.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { drainEventsJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

/** A page that was dead for weeks may have hundreds of thousands: each batch is a transaction of its own. */
const batch = 1_000;

/** Makes parked events pending again, oldest first, while the page's token works. A killed job goes on where it was. */
export async function unparkEvents(
  ctx: Context,
  { organization_id: organization, integration_id }: { organization_id: Uuid; integration_id: Uuid },
): Promise<{ outcome: 'unparked' | 'gone'; events: number }> {
  let events = 0;
  // In one pass: what a drain parks again meanwhile, for want of a permission, is not taken out again.
  let after = nilId;
  try {
    for (;;) {
      const unparked = await withTenant(ctx, { organization }, tx => unparkBatch(tx, integration_id, after));
      events += unparked.length;
      after = unparked.at(-1) ?? after;
      if (unparked.length === 0) return { outcome: 'unparked', events };
      await nudge(ctx, drainEventsJob, { organization_id: organization, integration_id });
    }
  } catch (error) {
    if (isGone(error)) return { outcome: 'gone', events };
    throw error;
  }
}

/** @returns their ids, in order; none where nothing is left behind `after`, and the page's mark is taken off */
async function unparkBatch(tx: TenantTx, integrationId: Uuid, after: Uuid): Promise<Uuid[]> {
  // Held until the commit: a check that finds the page dead and alive again marks it anew after that.
  const pages = FacebookPageIntegration.query(tx).where({ id: integrationId });
  const page = await pages.clone().select('status').forUpdate().first();
  const ids = page && usableStatuses.includes(page.status) ? await unparkOldest(tx, integrationId, after) : [];
  if (ids.length === 0) await pages.patch({ revived_at: null });
  return ids;
}

async function unparkOldest(tx: TenantTx, integrationId: Uuid, after: Uuid): Promise<Uuid[]> {
  const { rows } = await tx.raw(
    // Due from now on: it does not wait for us since it came.
    `update webhook_events set state = 'pending', reason = null, not_before = clock_timestamp()
     where organization_id = ? and integration_id = ? and state = 'parked' and id in (
       select id from webhook_events where organization_id = ? and integration_id = ? and state = 'parked' and id > ?
       order by id limit ?
     ) returning id`,
    [tx.tenant.organizationId, integrationId, tx.tenant.organizationId, integrationId, after, batch],
  );
  return (rows as { id: Uuid }[]).map(({ id }) => id).sort();
}
