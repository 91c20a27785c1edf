import { raw } from 'objection';
import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import type { Context } from '../context.ts';
import { publicId } from '../ids.ts';
import { Organization, type OrganizationShape } from '../organizations/organization.ts';
import { showOrganization } from '../organizations/show-organization.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { findMember } from './member-resource.ts';
import { OrganizationMembership } from './organization-membership.ts';
import { lockOwners } from './pass-ownership-on.ts';

export const transferOwnershipInput = z.strictObject({ member: z.string().max(100).describe('`mem_…`') });

/** Makes a member the organization's owner. The one before stays an OWNER, who may now be changed or leave. */
export async function transferOwnership(
  ctx: Context,
  input: { organization: string } & z.output<typeof transferOwnershipInput>,
): Promise<Rendered<OrganizationShape>> {
  const { organization, member: reference } = input;
  return await withTenant(ctx, { organization }, async tx => {
    authorize(tx, 'organization.transfer');
    const member = await findMember(tx, reference);
    // Else whoever takes the role from the owner before, at the same moment, finds no OWNER in the new one.
    await lockOwners(tx);
    const now = raw('now()') as never;
    await OrganizationMembership.query(tx).where({ id: member.id }).patch({ role: 'OWNER', updated_at: now });
    await Organization.query(tx).patch({
      owner_id: member.user_id,
      version: raw('version + 1') as never,
      updated_at: now,
    });
    const shown = await showOrganization(tx);
    await audit(tx, {
      action: 'organization.ownership_transferred',
      subject: { type: 'organization', id: tx.tenant.organizationId },
      changes: { member: publicId('member', member.id), role: { from: member.role, to: 'OWNER' } },
    });
    return shown;
  });
}
