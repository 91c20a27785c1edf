import { z } from 'zod';
import type { Context } from '../context.ts';
import { activeInput, type List, listInput, parseCursor, type Rendered, renderPage } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withUser } from '../tenancy/doors.ts';
import { type OrganizationShape, organizationResource } from './organization.ts';

const roles = z.enum(['OWNER', 'ADMIN', 'MEMBER']);

export const listOrganizationsInput = listInput.extend({
  active: activeInput,
  owned: z.enum(['true', 'false']).optional().describe('Only those whose owner the caller is.'),
  role: z
    .string()
    .transform(text => text.split(','))
    .pipe(z.array(roles))
    .optional()
    .describe("The caller's role in it: one, or several joined by commas."),
});

/** The organizations that the caller is a member of, newest first. The router answers before a tenant is entered. */
export async function listOrganizations(
  ctx: Context<UserActor>,
  input: z.output<typeof listOrganizationsInput>,
): Promise<Rendered<List<OrganizationShape>>> {
  const { limit, cursor, active, owned, role } = input;
  return await withUser(ctx, async ({ userId, raw }) => {
    const conditions = ['true'];
    const bindings: unknown[] = [userId];
    const where = (condition: string, ...values: unknown[]) => {
      conditions.push(condition);
      bindings.push(...values);
    };
    if (active !== 'any') where('is_active = ?', active === 'true');
    if (owned) where(`(owner_id = ?) = ?`, userId, owned === 'true');
    if (role) where('role = any (?)', role);
    if (cursor !== undefined) where('id < ?', parseCursor(cursor));
    const { rows } = await raw(
      `select ${organizationResource.columns.join(', ')}, organizations.role
       from router.my_organizations(?) as organizations
       where ${conditions.join(' and ')} order by id desc limit ?`,
      [...bindings, limit + 1] as never,
    );
    return renderPage(rows, organizationResource, limit, row => ({ role: String(row.role) }));
  });
}
