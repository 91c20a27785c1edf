import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { nameInput } from '../name-input.ts';
import type { Rendered } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withNewTenant } from '../tenancy/doors.ts';
import { type OrganizationShape, organizationSlugInput } from './organization.ts';
import { showOrganization } from './show-organization.ts';
import { storeOrganization } from './store-organization.ts';

export const createOrganizationInput = z.strictObject({ name: nameInput, slug: organizationSlugInput.optional() });

/**
 * Creates an organization. The caller becomes its OWNER and its data key is made, in the same transaction.
 * @throws DomainError `slug_taken` when the given slug is another active organization's
 */
export async function createOrganization(
  ctx: Context<UserActor>,
  input: z.output<typeof createOrganizationInput>,
): Promise<Rendered<OrganizationShape>> {
  return await withNewTenant(ctx, 'OWNER', async tx => {
    authorize(tx, 'organization.create');
    const slug = await storeOrganization(tx, ctx.vault, { ...input, ownerId: ctx.actor.userId });
    const shown = await showOrganization(tx);
    await audit(tx, {
      action: 'organization.created',
      subject: { type: 'organization', id: tx.tenant.organizationId },
      changes: { name: input.name, slug },
    });
    return shown;
  });
}
