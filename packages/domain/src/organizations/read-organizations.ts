import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { activeInput, listInput, pageOf, parseCursor, whereActive } from '../resource.ts';
import type { Caller, UserActor } from '../tenancy/actor.ts';
import { withTenant, withUser } from '../tenancy/doors.ts';
import { roles } from '../tenancy/tenant-tx.ts';
import { Organization, organizationResource } from './organization.ts';

export const readOrganizationsInput = listInput.extend({
  active: activeInput,
  owned: z.enum(['true', 'false']).optional().describe('Only those whose owner the caller is.'),
  role: z
    .string()
    .transform(text => text.split(','))
    .pipe(z.array(z.enum(roles)))
    .optional()
    .describe("The caller's role in it: one, or several joined by commas."),
});

type Input = z.output<typeof readOrganizationsInput>;

/**
 * The organizations that the caller belongs to, newest first; an API key belongs to one.
 * @returns rows of `organizationResource` with `role` and `is_active`, one more than the limit where there is
 */
export async function readOrganizations(ctx: Context<Caller>, input: Input): Promise<Record<string, unknown>[]> {
  const { actor } = ctx;
  return actor.type === 'user' ? await ofPerson({ ...ctx, actor }, input) : await ofKey(ctx, input);
}

const columns = [...organizationResource.columns, 'organizations.is_active'];

/** The router answers before a tenant is entered. */
async function ofPerson(ctx: Context<UserActor>, input: Input): Promise<Record<string, unknown>[]> {
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
    if (cursor !== undefined) where('id < ?', parseCursor('organization', cursor));
    const { rows } = await raw(
      `select ${columns.join(', ')}, organizations.role
       from router.my_organizations(?) as organizations
       where ${conditions.join(' and ')} order by id desc limit ?`,
      [...bindings, limit + 1] as never,
    );
    return rows;
  });
}

async function ofKey(ctx: Context, { limit, cursor, active, owned, role }: Input): Promise<Record<string, unknown>[]> {
  return await withTenant(ctx, { allowInactive: true, readOnly: true }, async tx => {
    authorize(tx, 'organization.read');
    if ((role && !role.some(name => name === tx.tenant.role)) || owned === 'true') return [];
    const query = Organization.query(tx).select('organizations.is_active');
    whereActive(query, 'organizations.is_active', active);
    const rows = await pageOf(query, organizationResource, { limit, cursor }, 'organizations.id').toKnexQuery();
    return (rows as unknown as Record<string, unknown>[]).map(row => ({ ...row, role: tx.tenant.role }));
  });
}
