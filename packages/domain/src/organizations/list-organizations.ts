import { z } from 'zod';
import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import {
  activeInput,
  type List,
  listInput,
  pageOf,
  parseCursor,
  type Rendered,
  renderPage,
  whereActive,
} from '../resource.ts';
import type { Caller, UserActor } from '../tenancy/actor.ts';
import { withTenant, withUser } from '../tenancy/doors.ts';
import { roles } from '../tenancy/tenant-tx.ts';
import { Organization, type OrganizationShape, organizationResource } from './organization.ts';

export const listOrganizationsInput = listInput.extend({
  active: activeInput,
  owned: z.enum(['true', 'false']).optional().describe('Only those whose owner the caller is.'),
  role: z
    .string()
    .transform(text => text.split(','))
    .pipe(z.array(z.enum(roles)))
    .optional()
    .describe("The caller's role in it: one, or several joined by commas."),
});

type Input = z.output<typeof listOrganizationsInput>;

/** The organizations that the caller belongs to, newest first; an API key belongs to one. */
export async function listOrganizations(
  ctx: Context<Caller>,
  input: Input,
): Promise<Rendered<List<OrganizationShape>>> {
  const { actor } = ctx;
  return actor.type === 'user' ? await listOfPerson({ ...ctx, actor }, input) : await listOfKey(ctx, input);
}

/** The router answers before a tenant is entered. */
async function listOfPerson(ctx: Context<UserActor>, input: Input): Promise<Rendered<List<OrganizationShape>>> {
  const { limit, cursor, active, owned, role } = input;
  return await withUser(ctx, { readOnly: true }, async ({ userId, raw }) => {
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

async function listOfKey(ctx: Context, input: Input): Promise<Rendered<List<OrganizationShape>>> {
  const { limit, cursor, active, owned, role } = input;
  return await withTenant(ctx, { allowInactive: true, readOnly: true }, async tx => {
    authorize(tx, 'organization.read');
    const query = Organization.query(tx);
    whereActive(query, 'organizations.is_active', active);
    const suits = (!role || role.some(name => name === tx.tenant.role)) && owned !== 'true';
    if (!suits) query.whereRaw('false');
    const rows = await pageOf(query, organizationResource, { limit, cursor }, 'organizations.id').toKnexQuery();
    return renderPage(rows as unknown as Record<string, unknown>[], organizationResource, limit, () => ({
      role: tx.tenant.role,
    }));
  });
}
