import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { refreshLoginJob, sweepUnsubscriptionsJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { type Rendered, refuseStale } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { FacebookPageInput } from './facebook-page-input.ts';
import { findIntegration, Integration } from './integration.ts';
import type { IntegrationShape } from './integration-resource.ts';
import { showIntegration } from './show-integration.ts';
import { storeFacebookPage } from './store-facebook-page.ts';

/**
 * Replaces an integration's page details and tokens: how a dead token is replaced by hand. The first check follows.
 * Where it is another page, our app is taken off the one before.
 * @throws DomainError `page_taken`
 */
export async function replaceFacebookPage(
  ctx: Context,
  input: { organization: string; integration: string } & FacebookPageInput,
): Promise<Rendered<IntegrationShape>> {
  const { organization, integration: reference, ...page } = input;
  const { shown, check } = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'integration.write');
    const row = await findIntegration(tx, reference, { forUpdate: true });
    refuseStale(ctx.ifMatch, row);
    const { id } = row;
    await Integration.query(tx)
      .where({ id })
      .patch({ version: row.version + 1, updated_at: raw('now()') as never });
    const login_id = await storeFacebookPage(tx, ctx.vault, id, page);
    const shown = await showIntegration(tx, id);
    await audit(tx, {
      action: 'integration.facebook_page_replaced',
      subject: { type: 'integration', id },
      changes: { page_id: page.page_id, tokens: 'set' },
    });
    return { shown, check: { organization_id: tx.tenant.organizationId, login_id } };
  });
  await nudge(ctx, refreshLoginJob, check);
  await nudge(ctx, sweepUnsubscriptionsJob, {});
  return shown;
}
