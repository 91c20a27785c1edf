import { authorize, refuseAbove } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { refuseStale } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { endMembership } from './end-membership.ts';
import { findMember } from './member-resource.ts';

/**
 * Takes a member out, or lets one leave. The person's next request finds no organization here.
 * @throws DomainError `forbidden`, `last_owner`
 */
export async function removeMember(
  ctx: Context,
  { organization, member: reference }: { organization: string; member: string },
): Promise<void> {
  const member_id = await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'member.leave');
    const member = await findMember(tx, reference);
    const leaves = member.user_id === tx.tenant.userId;
    if (!leaves) {
      authorize(tx, 'member.write');
      refuseAbove(tx, member.role);
    }
    refuseStale(ctx.ifMatch, { version: Number(member.version) });
    await endMembership(tx, member.id);
    await audit(tx, {
      action: leaves ? 'member.left' : 'member.removed',
      subject: { type: 'member', id: member.id },
      changes: { role: { from: member.role, to: null } },
    });
    return member.id;
  });
  // Outside of the database, so that it can be done again after a restore.
  ctx.log.info({ member_id, request_id: ctx.requestId }, 'a member was removed');
}
