import { authorize, refuseAbove } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { Role } from '../tenancy/tenant-tx.ts';
import { storeMembership } from './store-membership.ts';

/**
 * Makes a person a member, or gives a former member their place back. Nobody grants more than their own role.
 * @throws DomainError `forbidden`, `already_member`
 */
export async function addMember(
  ctx: Pick<Context, 'database' | 'actor' | 'requestId'>,
  { organization, user_id, role }: { organization: string; user_id: Uuid; role: Role },
): Promise<void> {
  await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'member.write');
    refuseAbove(tx, role);
    const id = await storeMembership(tx, { user_id, role, invited_by: tx.tenant.userId });
    await audit(tx, { action: 'member.added', subject: { type: 'member', id }, changes: { role } });
  });
}
