import { DomainError } from '../errors.ts';
import { newId, type Uuid } from '../ids.ts';
import { OrganizationMembership } from '../members/organization-membership.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { OrganizationKey } from '../vault/organization-key.ts';
import type { Vault } from '../vault/vault.ts';
import { organizationSlugs } from './organization.ts';

/**
 * Stores a new organization with its owner as OWNER, and makes its data key.
 * @returns its slug
 * @throws DomainError `slug_taken` when the given slug is another active organization's
 */
export async function storeOrganization(
  tx: TenantTx,
  vault: Vault,
  organization: { name: string; slug?: string | undefined; ownerId: Uuid },
): Promise<string> {
  const { organizationId: organization_id, userId } = tx.tenant;
  const { ownerId } = organization;
  const slug = await insertUnderFreeSlug(tx, organization);
  await OrganizationMembership.query(tx).insert({
    organization_id,
    id: newId(),
    user_id: ownerId,
    role: 'OWNER',
    invited_by: ownerId === userId ? null : userId,
  });
  await OrganizationKey.query(tx).insert(vault.createDataKey(organization_id));
  return slug;
}

// Other tenants' rows are invisible, so a collision shows only as an insert that did nothing.
async function insertUnderFreeSlug(
  tx: TenantTx,
  { name, slug: given, ownerId }: { name: string; slug?: string | undefined; ownerId: Uuid },
): Promise<string> {
  const candidates = given ? [given] : organizationSlugs(name);
  for (const slug of candidates) {
    const { rowCount } = await tx.raw(
      'insert into organizations (id, name, slug, owner_id) values (?, ?, ?, ?) on conflict (slug) where is_active do nothing',
      [tx.tenant.organizationId, name, slug, ownerId],
    );
    if (rowCount === 1) return slug;
  }
  throw new DomainError('slug_taken', `The slug ${candidates[0]} is taken. Choose another.`);
}
