import { audit } from '../audit/audit.ts';
import { closeReleased } from '../claims/close-released.ts';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { recordNotification } from '../notifications/record-notification.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

/** Ends what waited for a page that was taken over, and tells its organization: by mail and audit log. Not by whom. */
export async function tellOfMove(
  ctx: Context,
  { organization_id: organization, integration_id: id }: { organization_id: Uuid; integration_id: Uuid },
): Promise<'told' | 'gone'> {
  try {
    await closeReleased(ctx, organization, id);
    const told = await withTenant(ctx, { organization }, async tx => {
      const page = await FacebookPageIntegration.query(tx).findOne({ id }).whereNotNull('moved_at').forUpdate();
      if (page) await tell(tx, page);
      return page !== undefined;
    });
    return told ? 'told' : 'gone';
  } catch (error) {
    if (isGone(error)) return 'gone';
    throw error;
  }
}

async function tell(tx: TenantTx, { id, page_id, page_name, moved_at }: FacebookPageIntegration): Promise<void> {
  await FacebookPageIntegration.query(tx).where({ id }).patch({ moved_at: null });
  await recordNotification(tx, {
    integrationId: id,
    kind: 'moved',
    episode: moved_at!,
    detail: {
      page_name: page_name || page_id,
      detail: 'It was connected to another account.',
      fix: 'If that was not meant, a person who manages the page connects it here again, and takes it over.',
    },
  });
  await audit(tx, {
    action: 'integration.page_moved_away',
    subject: { type: 'integration', id },
    changes: { page_id },
  });
}
