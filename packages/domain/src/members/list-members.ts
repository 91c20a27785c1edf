import * as z from 'zod';
import type { Context } from '../context.ts';
import { activeInput, type List, listInput, pageOf, type Rendered, renderPage, whereActive } from '../resource.ts';
import { readRows } from '../tenancy/read-rows.ts';
import { roles } from '../tenancy/tenant-tx.ts';
import { type MemberShape, memberResource, membersWithPerson } from './member-resource.ts';

export const listMembersInput = listInput.extend({ active: activeInput, role: z.enum(roles).optional() });

/** An organization's members, newest first. */
export async function listMembers(
  ctx: Context,
  { organization, active, role, ...page }: { organization: string } & z.output<typeof listMembersInput>,
): Promise<Rendered<List<MemberShape>>> {
  const rows = await readRows(ctx, { organization, permission: 'member.read' }, tx => {
    const query = membersWithPerson(tx);
    whereActive(query, 'organization_memberships.is_active', active);
    if (role) query.where('organization_memberships.role', role);
    return pageOf(query, memberResource, page, 'organization_memberships.id');
  });
  return renderPage(rows, memberResource, page.limit);
}
