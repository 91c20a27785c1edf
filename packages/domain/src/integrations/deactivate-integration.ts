import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import { releasePages } from '../claims/release-pages.ts';
import type { Context } from '../context.ts';
import { sweepUnsubscriptionsJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { refuseStale } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { findIntegration, Integration } from './integration.ts';

/** Soft delete: frees the page for others at once and takes our app off it. Restoring claims it again. */
export async function deactivateIntegration(
  ctx: Context,
  { organization, integration: reference }: { organization: string; integration: string },
): Promise<void> {
  await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'integration.write');
    const integration = await findIntegration(tx, reference, { forUpdate: true });
    refuseStale(ctx.ifMatch, integration);
    const { id, version } = integration;
    await releasePages(tx, { integration: id });
    const now = raw('now()') as never;
    await Integration.query(tx)
      .where({ id })
      .patch({ is_active: false, deactivated_at: now, version: version + 1, updated_at: now });
    await audit(tx, { action: 'integration.deactivated', subject: { type: 'integration', id } });
  });
  await nudge(ctx, sweepUnsubscriptionsJob, {});
}
