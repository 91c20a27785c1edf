import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import { reclaimPages } from '../claims/reclaim-pages.ts';
import type { Context } from '../context.ts';
import { violates } from '../database/errors.ts';
import { DomainError, notFound } from '../errors.ts';
import { refreshLoginJob } from '../jobs.ts';
import { nudgeAll } from '../nudge.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { Organization, type OrganizationShape } from './organization.ts';
import { showOrganization } from './show-organization.ts';

/**
 * Takes a soft delete back, by id: a slug names active organizations only. What was active in it comes back, and its
 * pages are checked at once; what of them cannot be restored stands in their `status_reason`.
 * @throws DomainError `slug_taken`
 */
export async function restoreOrganization(
  ctx: Context,
  input: { organization: string },
): Promise<Rendered<OrganizationShape>> {
  try {
    const { shown, checks } = await withTenant(ctx, { ...input, allowInactive: true }, async tx => {
      authorize(tx, 'organization.restore');
      const checks = await reactivate(tx);
      const shown = await showOrganization(tx);
      await audit(tx, {
        action: 'organization.restored',
        subject: { type: 'organization', id: tx.tenant.organizationId },
      });
      return { shown, checks };
    });
    await nudgeAll(ctx, refreshLoginJob, checks);
    return shown;
  } catch (error) {
    if (violates(error, 'organizations_slug')) {
      throw new DomainError('slug_taken', 'Another organization took the slug meanwhile. Rename that one first.');
    }
    throw error;
  }
}

async function reactivate(tx: TenantTx) {
  const row = await Organization.query(tx).forNoKeyUpdate().first();
  // A purge that was asked for between the door and here: there is no way back.
  if (!row || row.purge_id) throw notFound('organization');
  if (row.is_active) return [];
  await Organization.query(tx).patch({
    is_active: true,
    deactivated_at: null,
    version: row.version + 1,
    updated_at: raw('now()') as never,
  });
  return (await reclaimPages(tx, 'organization')).checks;
}
