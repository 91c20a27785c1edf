import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { unsubscribePageJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { withTenant } from '../tenancy/doors.ts';
import { FacebookPageIntegration } from './facebook-page-integration.ts';
import { findIntegration, Integration } from './integration.ts';

/** Soft delete: frees the page for others at once and takes our app off it. Restoring claims it again. */
export async function deactivateIntegration(
  ctx: Context,
  { organization, integration: reference }: { organization: string; integration: string },
): Promise<void> {
  const gone = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'integration.write');
    const { id } = await findIntegration(tx, reference, { forUpdate: true });
    const now = raw('now()') as never;
    await Integration.query(tx).where({ id }).patch({ is_active: false, deactivated_at: now, updated_at: now });
    await tx('page_claims').where({ integration_id: id }).delete();
    await FacebookPageIntegration.query(tx)
      .where({ id })
      .patch({
        status: 'disconnected',
        status_reason: {
          code: 'deactivated',
          detail: 'The integration was deactivated.',
          fix: 'Restore the integration.',
        },
        status_since: raw('app.now()') as never,
        next_check_at: null,
        generation: raw('generation + 1') as never,
      });
    await audit(tx, { action: 'integration.deactivated', subject: { type: 'integration', id } });
    return { organization_id: tx.tenant.organizationId, integration_id: id };
  });
  await nudge(ctx, unsubscribePageJob, gone);
}
