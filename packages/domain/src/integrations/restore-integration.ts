import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import { reclaimPages } from '../claims/reclaim-pages.ts';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { refreshLoginJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { FacebookPageIntegration } from './facebook-page-integration.ts';
import { findIntegration, Integration } from './integration.ts';
import type { IntegrationShape } from './integration-resource.ts';
import { showIntegration } from './show-integration.ts';
import { refuseTakenPage } from './store-facebook-page.ts';

/**
 * Takes a soft delete back. The page is `unverified` until the check that follows at once has proved the token,
 * claimed the page and subscribed it; what could not be restored stands in `status_reason`.
 * @throws DomainError `page_taken` when another integration of this organization has the page now
 */
export async function restoreIntegration(
  ctx: Context,
  { organization, integration: reference }: { organization: string; integration: string },
): Promise<Rendered<IntegrationShape>> {
  const { shown, check } = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'integration.write');
    const row = await findIntegration(tx, reference, { active: 'any', forUpdate: true });
    const login_id = row.is_active ? undefined : await reactivate(tx, row);
    const shown = await showIntegration(tx, row.id);
    const restored = { action: 'integration.restored', subject: { type: 'integration', id: row.id } } as const;
    await audit(tx, row.is_active ? null : restored);
    return { shown, check: login_id && { organization_id: tx.tenant.organizationId, login_id } };
  });
  if (check) await nudge(ctx, refreshLoginJob, check);
  return shown;
}

async function reactivate(tx: TenantTx, { id, version }: Integration): Promise<Uuid | undefined> {
  const page = await FacebookPageIntegration.query(tx).findOne({ id });
  if (page) await refuseTakenPage(tx, id, page.page_id);
  await Integration.query(tx)
    .where({ id })
    .patch({ is_active: true, deactivated_at: null, version: version + 1, updated_at: raw('now()') as never });
  await reclaimPages(tx, { integration: id });
  return page?.login_id;
}
