import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { newId, type Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { Role } from '../tenancy/tenant-tx.ts';
import { OrganizationMembership } from './organization-membership.ts';

/**
 * Makes a person a member, or gives a former member their place back. Nobody grants more than their own role.
 * @throws DomainError `forbidden`
 */
export async function addMember(
  ctx: Pick<Context, 'database' | 'actor' | 'requestId'>,
  { organization, user_id, role }: { organization: string; user_id: Uuid; role: Role },
): Promise<void> {
  await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'member.add');
    if (role === 'OWNER' && tx.tenant.role !== 'OWNER') {
      throw new DomainError('forbidden', 'Only an OWNER makes others OWNER.');
    }
    const { organizationId, actor } = tx.tenant;
    const id = newId();
    await OrganizationMembership.query(tx)
      .insert({
        organization_id: organizationId,
        id,
        user_id,
        role,
        invited_by: actor.type === 'user' ? actor.userId : null,
      })
      .onConflict(['organization_id', 'user_id'])
      .merge({ role, is_active: true });
    await audit(tx, { action: 'member.added', subject: { type: 'user', id: user_id }, changes: { role } });
  });
}
