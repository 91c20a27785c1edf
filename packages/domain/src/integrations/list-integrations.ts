import { z } from 'zod';
import { authorize } from '../access/authorize.ts';
import { findBusiness } from '../businesses/business.ts';
import type { Context } from '../context.ts';
import { activeInput, type List, listInput, type Rendered, renderList, whereActive } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
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
  const { organization, business: reference, type, status, active, ...page } = input;
  return await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'integration.read');
    const query = integrationsWithPage(tx).joinRelated('business').where('business.is_active', true);
    whereActive(query, 'integrations.is_active', active);
    if (reference !== undefined) query.where('integrations.business_id', (await findBusiness(tx, reference)).id);
    if (type) query.where('integrations.integration_type', type);
    if (status) query.where('facebook_page.status', status);
    return await renderList(query, integrationResource, page, 'integrations.id');
  });
}
