import type { Context } from '../context.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withUser } from '../tenancy/doors.ts';
import { requireStaff } from './require-staff.ts';

/** For what only staff are shown the way to. @throws DomainError `forbidden` */
export async function checkStaff(ctx: Context<UserActor>): Promise<void> {
  await withUser(ctx, { readOnly: true }, requireStaff);
}
