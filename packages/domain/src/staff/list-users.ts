import * as z from 'zod';
import type { Context } from '../context.ts';
import { type List, listInput, parseCursor, type Rendered, Resource, renderPage, timestamp } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withUser } from '../tenancy/doors.ts';
import { searchInput } from './list-staff-organizations.ts';
import { requireStaff } from './require-staff.ts';

export const listUsersInput = listInput.extend({ search: searchInput.describe('How the e-mail address begins.') });

export const staffUserShape = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    is_staff: z.boolean(),
    created_at: timestamp,
  })
  .meta({ id: 'StaffUser' });

export type StaffUserShape = z.output<typeof staffUserShape>;

const staffUserResource = new Resource<StaffUserShape>(
  { id: ['user', 'users.id'] },
  { name: 'users.name', email: 'users.email', is_staff: 'users.is_staff', created_at: 'users.created_at' },
);

/** Everybody who has an account, newest first, for staff. @throws DomainError `forbidden` */
export async function listUsers(
  ctx: Context<UserActor>,
  { limit, cursor, search }: z.output<typeof listUsersInput>,
): Promise<Rendered<List<StaffUserShape>>> {
  return await withUser(ctx, { readOnly: true }, async view => {
    await requireStaff(view);
    const { rows } = await view.raw(
      `select ${staffUserResource.columns.join(', ')} from auth.users as users
       where (?::text is null or starts_with(users.email, lower(?))) and (?::uuid is null or users.id < ?)
       order by users.id desc limit ?`,
      [search ?? null, search ?? null, cursorOf(cursor), cursorOf(cursor), limit + 1] as never,
    );
    return renderPage(rows, staffUserResource, limit);
  });
}

const cursorOf = (cursor: string | undefined) => (cursor === undefined ? null : parseCursor('user', cursor));
