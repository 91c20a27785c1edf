import type { Context } from '../context.ts';
import { usableStatuses } from '../facebook/judge-page.ts';
import type { Uuid } from '../ids.ts';
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
  try {
    for (;;) {
      const unparked = await withTenant(ctx, { organization }, tx => unparkBatch(tx, integration_id));
      events += unparked;
      if (unparked > 0) await nudge(ctx, drainEventsJob, { organization_id: organization, integration_id });
      if (unparked < batch) return { outcome: 'unparked', events };
    }
  } catch (error) {
    if (isGone(error)) return { outcome: 'gone', events };
    throw error;
  }
}

async function unparkBatch(tx: TenantTx, integrationId: Uuid): Promise<number> {
  const page = await FacebookPageIntegration.query(tx).findOne({ id: integrationId }).select('status');
  if (!page || !usableStatuses.includes(page.status)) return 0;
  const { rowCount } = await tx.raw(
    `update webhook_events set state = 'pending', reason = null
     where organization_id = ? and state = 'parked' and id in (
       select id from webhook_events where organization_id = ? and integration_id = ? and state = 'parked'
       order by id limit ?
     )`,
    [tx.tenant.organizationId, tx.tenant.organizationId, integrationId, batch],
  );
  return rowCount ?? 0;
}
