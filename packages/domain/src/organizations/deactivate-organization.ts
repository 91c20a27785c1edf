import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import { releasePages } from '../claims/release-pages.ts';
import type { Context } from '../context.ts';
import { sweepUnsubscriptionsJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { refuseStale } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { Organization } from './organization.ts';

/**
 * Soft delete: the organization and all in it become unreachable, its pages are free at once and our app is taken off
 * them. Nothing is erased.
 */
export async function deactivateOrganization(ctx: Context, input: { organization: string }): Promise<void> {
  await withTenant(ctx, input, async tx => {
    authorize(tx, 'organization.deactivate');
    // First the organization, then its pages: as a claim locks them.
    refuseStale(ctx.ifMatch, (await Organization.query(tx).forNoKeyUpdate().first())!);
    const pages = await releasePages(tx, 'organization');
    await Organization.query(tx).patch({
      is_active: false,
      deactivated_at: raw('now()') as never,
      version: raw('version + 1') as never,
      updated_at: raw('now()') as never,
    });
    await audit(tx, {
      action: 'organization.deactivated',
      subject: { type: 'organization', id: tx.tenant.organizationId },
      changes: { pages_released: pages },
    });
  });
  await nudge(ctx, sweepUnsubscriptionsJob, {});
}
