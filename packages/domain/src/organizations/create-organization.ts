import { z } from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { newId } from '../ids.ts';
import { OrganizationMembership } from '../members/organization-membership.ts';
import type { Rendered } from '../resource.ts';
import { slugCandidates, slugFrom } from '../slug.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withNewTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { OrganizationKey } from '../vault/organization-key.ts';
import { nameInput, type OrganizationShape, slugInput } from './organization.ts';
import { showOrganization } from './show-organization.ts';

export const createOrganizationInput = z.strictObject({ name: nameInput, slug: slugInput.optional() });

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
    const slug = await insertUnderFreeSlug(tx, ctx.actor, input);
    await OrganizationMembership.query(tx).insert({
      organization_id: tx.tenant.organizationId,
      id: newId(),
      user_id: ctx.actor.userId,
      role: 'OWNER',
    });
    await OrganizationKey.query(tx).insert(ctx.vault.createDataKey(tx.tenant.organizationId));
    const shown = await showOrganization(tx);
    await audit(tx, {
      action: 'organization.created',
      subject: { type: 'organization', id: tx.tenant.organizationId },
      changes: { name: input.name, slug },
    });
    return shown;
  });
}

// Other tenants' rows are invisible, so a collision shows only as an insert that did nothing.
async function insertUnderFreeSlug(
  tx: TenantTx,
  actor: UserActor,
  { name, slug: given }: z.output<typeof createOrganizationInput>,
): Promise<string> {
  const candidates = given ? [given] : slugCandidates(slugFrom(name, 'organization'));
  for (const slug of candidates) {
    const { rowCount } = await tx.raw(
      'insert into organizations (id, name, slug, owner_id) values (?, ?, ?, ?) on conflict (slug) where is_active do nothing',
      [tx.tenant.organizationId, name, slug, actor.userId],
    );
    if (rowCount === 1) return slug;
  }
  throw new DomainError('slug_taken', `The slug ${given ?? slugFrom(name, 'organization')} is taken. Choose another.`);
}
