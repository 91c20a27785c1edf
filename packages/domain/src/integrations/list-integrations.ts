import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { activeBusiness, findBusiness } from '../businesses/business.ts';
import type { Context } from '../context.ts';
import { activeInput, type List, listInput, pageOf, type Rendered, renderPage, whereActive } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { readRows } from '../tenancy/read-rows.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { pageStatuses } from './facebook-page-integration.ts';
import { integrationTypeInput } from './integration.ts';
import { type IntegrationShape, integrationResource } from './integration-resource.ts';
import { integrationsWithPage } from './show-integration.ts';

export const listIntegrationsInput = listInput.extend({
  active: activeInput,
  business: z.string().max(100).optional().describe('Only those of this business, by id or slug.'),
  type: integrationTypeInput.optional(),
  status: z.enum(pageStatuses).optional(),
});

/** An organization's integrations, or one business's, newest first, with their pages' details: one statement. */
export async function listIntegrations(
  ctx: Context,
  input: { organization: string } & z.output<typeof listIntegrationsInput>,
): Promise<Rendered<List<IntegrationShape>>> {
  const { organization, ...asked } = input;
  const { business, limit } = asked;
  const rows = await readRows(ctx, { organization, permission: 'integration.read', asked }, asQuery);
  // None of an unknown business is a 404, none of a known one an empty list.
  if (rows.length === 0 && business !== undefined) {
    await withTenant(ctx, { organization, readOnly: true }, async tx => {
      authorize(tx, 'business.read');
      await findBusiness(tx, business);
    });
  }
  return renderPage(rows, integrationResource, limit);
}

function asQuery(tx: TenantTx, asked: z.output<typeof listIntegrationsInput>) {
  const { business, type, status, active, ...page } = asked;
  const query = integrationsWithPage(tx).joinRelated('business').where('business.is_active', true);
  whereActive(query, 'integrations.is_active', active);
  if (business !== undefined) query.whereIn('integrations.business_id', activeBusiness(tx, business).select('id'));
  if (type) query.where('integrations.integration_type', type);
  if (status) query.where('facebook_page.status', status);
  return pageOf(query, integrationResource, page, 'integrations.id');
}
