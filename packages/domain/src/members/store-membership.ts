import { raw } from 'objection';
import { DomainError } from '../errors.ts';
import { newId, type Uuid } from '../ids.ts';
import type { Role, TenantTx } from '../tenancy/tenant-tx.ts';
import { OrganizationMembership } from './organization-membership.ts';

/**
 * Only a former member's row is changed: a role is not taken away by adding somebody once more.
 * @returns the membership's id
 * @throws DomainError `already_member`
 */
export async function storeMembership(
  tx: TenantTx,
  { user_id, role, invited_by }: { user_id: Uuid; role: Role; invited_by: Uuid | null },
): Promise<Uuid> {
  const existing = await OrganizationMembership.query(tx).findOne({ user_id }).forUpdate();
  if (existing?.is_active) throw new DomainError('already_member', 'The person is a member already.');
  if (existing) {
    await OrganizationMembership.query(tx)
      .where({ id: existing.id })
      .patch({ role, invited_by, is_active: true, updated_at: raw('now()') as never });
    return existing.id;
  }
  const id = newId();
  const { organizationId: organization_id } = tx.tenant;
  await OrganizationMembership.query(tx).insert({ organization_id, id, user_id, role, invited_by });
  return id;
}
