import { authorize, refuseAbove } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { newId, type Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { Role, TenantTx } from '../tenancy/tenant-tx.ts';
import { OrganizationMembership } from './organization-membership.ts';

/**
 * Makes a person a member, or gives a former member their place back. Nobody grants more than their own role.
 * @throws DomainError `forbidden`, `invalid_request` for somebody who is a member
 */
export async function addMember(
  ctx: Pick<Context, 'database' | 'actor' | 'requestId'>,
  { organization, user_id, role }: { organization: string; user_id: Uuid; role: Role },
): Promise<void> {
  await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'member.write');
    refuseAbove(tx, role);
    await storeMembership(tx, user_id, role);
    await audit(tx, { action: 'member.added', subject: { type: 'user', id: user_id }, changes: { role } });
  });
}

// Only a former member's row is changed: a role is not taken away by adding somebody once more.
async function storeMembership(tx: TenantTx, user_id: Uuid, role: Role): Promise<void> {
  const { organizationId: organization_id, userId: invited_by } = tx.tenant;
  const existing = await OrganizationMembership.query(tx).findOne({ user_id }).forUpdate();
  if (existing?.is_active) throw new DomainError('invalid_request', 'The person is a member already.');
  if (existing) {
    await OrganizationMembership.query(tx).where({ id: existing.id }).patch({ role, is_active: true });
    return;
  }
  await OrganizationMembership.query(tx).insert({ organization_id, id: newId(), user_id, role, invited_by });
}
