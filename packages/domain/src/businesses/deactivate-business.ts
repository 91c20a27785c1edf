import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import { releasePages } from '../claims/release-pages.ts';
import type { Context } from '../context.ts';
import { sweepUnsubscriptionsJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { refuseStale } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { Business, findBusiness } from './business.ts';

/**
 * Soft delete: the business and its integrations become unreachable, their pages are free at once and our app is taken
 * off them. Nothing is erased. The integrations keep their own `is_active`, so that restoring brings back what was.
 */
export async function deactivateBusiness(
  ctx: Context,
  { organization, business: reference }: { organization: string; business: string },
): Promise<void> {
  await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'business.write');
    const business = await findBusiness(tx, reference, { forUpdate: true });
    refuseStale(ctx.ifMatch, business);
    const { id, version } = business;
    const pages = await releasePages(tx, { business: id });
    const now = raw('now()') as never;
    await Business.query(tx)
      .where({ id })
      .patch({ is_active: false, deactivated_at: now, version: version + 1, updated_at: now });
    await audit(tx, {
      action: 'business.deactivated',
      subject: { type: 'business', id },
      changes: { pages_released: pages },
    });
  });
  await nudge(ctx, sweepUnsubscriptionsJob, {});
}
