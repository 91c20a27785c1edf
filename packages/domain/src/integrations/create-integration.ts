import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import { findBusiness } from '../businesses/business.ts';
import type { Context } from '../context.ts';
import { newId, publicId } from '../ids.ts';
import { refreshLoginJob } from '../jobs.ts';
import { nameInput } from '../name-input.ts';
import { nudge } from '../nudge.ts';

import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { facebookPageInput } from './facebook-page-input.ts';
import { Integration, integrationTypeInput } from './integration.ts';
import { integrationConfigInput } from './integration-config.ts';
import type { IntegrationShape } from './integration-resource.ts';
import { showIntegration } from './show-integration.ts';
import { storeFacebookPage } from './store-facebook-page.ts';

export const createIntegrationInput = z.strictObject({
  integration_type: integrationTypeInput,
  name: nameInput,
  config: integrationConfigInput.prefault({}),
  facebook_page: facebookPageInput.optional(),
});

/**
 * Creates an integration, and with `facebook_page` its page's details and tokens too; the first check follows at once.
 * @throws DomainError `page_taken`
 */
export async function createIntegration(
  ctx: Context,
  input: { organization: string; business: string } & z.output<typeof createIntegrationInput>,
): Promise<Rendered<IntegrationShape>> {
  const { organization, business: businessReference, facebook_page: page, ...fields } = input;
  const { shown, check } = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'integration.write');
    const business = await findBusiness(tx, businessReference);
    const organization_id = tx.tenant.organizationId;
    const id = newId();
    await Integration.query(tx).insert({ organization_id, id, business_id: business.id, ...fields });
    const login_id = page && (await storeFacebookPage(tx, ctx.vault, id, page));
    const shown = await showIntegration(tx, id);
    await audit(tx, {
      action: 'integration.created',
      subject: { type: 'integration', id },
      changes: {
        business_id: publicId('business', business.id),
        ...fields,
        ...(page && { page_id: page.page_id, tokens: 'set' }),
      },
    });
    return { shown, check: login_id && { organization_id, login_id } };
  });
  if (check) await nudge(ctx, refreshLoginJob, check);
  return shown;
}
