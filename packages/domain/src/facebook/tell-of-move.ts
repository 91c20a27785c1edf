import { closeReleased } from '../claims/close-released.ts';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { tellMoved } from '../integrations/tell-moved.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';

/** Ends what waited for a page that was taken over, and tells its organization: by mail and audit log. Not by whom. */
export async function tellOfMove(
  ctx: Context,
  { organization_id: organization, integration_id: id }: { organization_id: Uuid; integration_id: Uuid },
): Promise<'told' | 'gone'> {
  try {
    await closeReleased(ctx, organization, id);
    const told = await withTenant(ctx, { organization }, async tx => {
      const page = await FacebookPageIntegration.query(tx).findOne({ id }).whereNotNull('moved_at').forUpdate();
      if (page) await tellMoved(tx, page);
      return page !== undefined;
    });
    return told ? 'told' : 'gone';
  } catch (error) {
    if (isGone(error)) return 'gone';
    throw error;
  }
}
