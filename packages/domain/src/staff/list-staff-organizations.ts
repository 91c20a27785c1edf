import * as z from 'zod';
import type { Context } from '../context.ts';
import {
  activeInput,
  type List,
  listInput,
  parseCursor,
  type Rendered,
  Resource,
  renderPage,
  timestamp,
} from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withUser } from '../tenancy/doors.ts';
import { requireStaff } from './require-staff.ts';

export const searchInput = z.string().trim().min(1).max(200).optional();

export const listStaffOrganizationsInput = listInput.extend({
  active: activeInput,
  search: searchInput.describe('How the name or the slug begins.'),
});

/** An organization as staff see it from outside: nothing of what is in it. */
export const staffOrganizationShape = z
  .object({
    id: z.string(),
    owner_id: z.string(),
    name: z.string(),
    slug: z.string(),
    owner_email: z.string(),
    is_active: z.boolean(),
    replies_paused: z.boolean(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'StaffOrganization' });

export type StaffOrganizationShape = z.output<typeof staffOrganizationShape>;

const staffOrganizationResource = new Resource<StaffOrganizationShape>(
  { id: ['organization', 'organizations.id'], owner_id: ['user', 'organizations.owner_id'] },
  {
    name: 'organizations.name',
    slug: 'organizations.slug',
    owner_email: 'owner.email',
    is_active: 'organizations.is_active',
    replies_paused: 'organizations.replies_paused',
    created_at: 'organizations.created_at',
    updated_at: 'organizations.updated_at',
  },
);

/** All organizations, newest first, for staff. @throws DomainError `forbidden` */
export async function listStaffOrganizations(
  ctx: Context<UserActor>,
  { limit, cursor, active, search }: z.output<typeof listStaffOrganizationsInput>,
): Promise<Rendered<List<StaffOrganizationShape>>> {
  return await withUser(ctx, { readOnly: true }, async view => {
    await requireStaff(view);
    const { rows } = await view.raw(
      `select ${staffOrganizationResource.columns.join(', ')}
       from router.staff_organizations(?::boolean, ?::text, ?::uuid, ?) as organizations
       join auth.users as owner on owner.id = organizations.owner_id
       order by organizations.id desc`,
      [
        active === 'any' ? null : active === 'true',
        search ?? null,
        cursor === undefined ? null : parseCursor('organization', cursor),
        limit + 1,
      ] as never,
    );
    return renderPage(rows, staffOrganizationResource, limit);
  });
}
