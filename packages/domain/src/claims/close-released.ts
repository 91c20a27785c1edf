import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

const batch = 1_000;
const noLongerHeld = 'The integration no longer holds the page.';

/**
 * Ends what waits for a page that its integration no longer holds, with the reason: events that are pending or parked,
 * and replies in doubt. They can be replayed once it holds the page again. Works in inactive organizations too.
 * @returns how many events
 */
export async function closeReleased(ctx: Context, organization: Uuid, integrationId: Uuid): Promise<number> {
  for (let events = 0; ; ) {
    const closed = await withTenant(ctx, { organization, allowInactive: true }, async tx => {
      const count = await closeEvents(tx, integrationId);
      if (count < batch) await closeReplies(tx, integrationId);
      return count;
    });
    events += closed;
    if (closed < batch) return events;
  }
}

/** It may have taken the page back, or another one. */
const notHeld = `page_id not in (select page_id from page_claims where organization_id = ? and integration_id = ?)`;

async function closeEvents(tx: TenantTx, integrationId: Uuid): Promise<number> {
  const { organizationId } = tx.tenant;
  const place = [organizationId, integrationId];
  // States are written out, for the indexes.
  const { rowCount } = await tx.raw(
    `update webhook_events set state = 'ignored', reason = ?, processed_at = now()
     where organization_id = ? and id in (
       select id from webhook_events
       where organization_id = ? and integration_id = ? and (state = 'pending' or state = 'parked') and ${notHeld}
       limit ?
     )`,
    [noLongerHeld, organizationId, ...place, ...place, batch],
  );
  return rowCount ?? 0;
}

/** Where a call is still under way, its end is stored over this. */
async function closeReplies(tx: TenantTx, integrationId: Uuid): Promise<void> {
  const place = [tx.tenant.organizationId, integrationId];
  await tx.raw(
    `update replies set finished_at = now(), state = case when state = 'claimed' then 'skipped' else 'unknown' end,
       text = case when state = 'claimed' then null else text end,
       reason = case when state = 'claimed' then '' else 'It may have been sent and is not sent again. ' end || ?
     where organization_id = ? and integration_id = ? and ${notHeld} and finished_at is null
       and state in ('claimed', 'sending', 'unknown')`,
    [noLongerHeld, ...place, ...place],
  );
}
