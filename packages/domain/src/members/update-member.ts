import { raw } from 'objection';
import * as z from 'zod';
import { authorize, refuseAbove } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { changesOf } from '../patch.ts';
import { type Rendered, refuseStale } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { roles } from '../tenancy/tenant-tx.ts';
import { findMember, type MemberShape, showMember } from './member-resource.ts';
import { OrganizationMembership } from './organization-membership.ts';
import { passOwnershipOn } from './pass-ownership-on.ts';

export const updateMemberInput = z.strictObject({ role: z.enum(roles) });

/**
 * Changes a member's role; it holds from the member's next request on. Nobody touches who is above them, or lifts
 * anybody above themself.
 * @throws DomainError `forbidden`, `last_owner`, `stale_version`
 */
export async function updateMember(
  ctx: Context,
  input: { organization: string; member: string } & z.output<typeof updateMemberInput>,
): Promise<Rendered<MemberShape>> {
  const { organization, member: reference, role } = input;
  return await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'member.write');
    const member = await findMember(tx, reference);
    refuseStale(ctx.ifMatch, { version: Number(member.version) });
    refuseAbove(tx, member.role);
    refuseAbove(tx, role);
    const changes = changesOf(member, { role });
    if (changes) {
      await OrganizationMembership.query(tx)
        .where({ id: member.id })
        .patch({ role, updated_at: raw('now()') as never });
      await passOwnershipOn(tx);
    }
    const shown = await showMember(tx, member.id);
    const subject = { type: 'member', id: member.id } as const;
    await audit(tx, changes && { action: 'member.updated', subject, changes });
    return shown;
  });
}
