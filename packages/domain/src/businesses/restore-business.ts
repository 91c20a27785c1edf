import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import { reclaimPages } from '../claims/reclaim-pages.ts';
import type { Context } from '../context.ts';
import { violates } from '../database/errors.ts';
import { DomainError } from '../errors.ts';
import { publicId } from '../ids.ts';
import { refreshLoginJob } from '../jobs.ts';
import { nudgeAll } from '../nudge.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { Business, type BusinessShape, findBusiness } from './business.ts';
import { showBusiness } from './show-business.ts';

/**
 * Takes a soft delete back. Integrations that were active come back and are checked at once; one whose page
 * another integration of the organization took meanwhile stays deactivated and says so in its `status_reason`.
 * @throws DomainError `slug_taken` when an active business has the slug now
 */
export async function restoreBusiness(
  ctx: Context,
  { organization, business: reference }: { organization: string; business: string },
): Promise<Rendered<BusinessShape>> {
  try {
    const { shown, checks } = await withTenant(ctx, { organization }, async tx => {
      authorize(tx, 'business.write');
      const business = await findBusiness(tx, reference, { active: 'any', forUpdate: true });
      const { taken, checks } = business.is_active ? { taken: [], checks: [] } : await reactivate(tx, business);
      const shown = await showBusiness(tx, business.id);
      const notRestored = taken.map(id => publicId('integration', id));
      const restored = {
        action: 'business.restored',
        subject: { type: 'business', id: business.id },
        changes: notRestored.length > 0 ? { integrations_not_restored: notRestored } : {},
      } as const;
      await audit(tx, business.is_active ? null : restored);
      return { shown, checks };
    });
    await nudgeAll(ctx, refreshLoginJob, checks);
    return shown;
  } catch (error) {
    if (violates(error, 'businesses_slug')) {
      throw new DomainError('slug_taken', 'Another business took the slug meanwhile. Rename that one first.');
    }
    throw error;
  }
}

async function reactivate(tx: TenantTx, { id, version }: Business): ReturnType<typeof reclaimPages> {
  await Business.query(tx)
    .where({ id })
    .patch({ is_active: true, deactivated_at: null, version: version + 1, updated_at: raw('now()') as never });
  return await reclaimPages(tx, { business: id });
}
