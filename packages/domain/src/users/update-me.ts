import * as z from 'zod';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { nameInput } from '../name-input.ts';
import { type Rendered, refuseStale } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withUser } from '../tenancy/doors.ts';
import { type MeShape, noticesInput, showPerson, versionOfPerson } from './me.ts';

export const updateMeInput = z.strictObject({ name: nameInput.optional(), notices: noticesInput.optional() });

/** Changes a person's name, and which e-mails they want. @throws DomainError `stale_version` */
export async function updateMe(
  ctx: Context<UserActor>,
  { name, notices }: z.output<typeof updateMeInput>,
): Promise<Rendered<MeShape>> {
  return await withUser(ctx, { readOnly: false }, async view => {
    const { userId, raw } = view;
    const locked = await raw(`select ${versionOfPerson} as version from auth.users as users where id = ? for update`, [
      userId,
    ]);
    if (!locked.rows[0]) throw notFound('person');
    refuseStale(ctx.ifMatch, { version: Number(locked.rows[0].version) });
    await raw(
      `update auth.users set name = new.name, notices = new.notices, updated_at = clock_timestamp()
       from (select coalesce(?, name) as name, notices || ? as notices from auth.users where id = ?) as new
       where id = ? and (users.name, users.notices) is distinct from (new.name, new.notices)`,
      [name ?? null, JSON.stringify(notices ?? {}), userId, userId],
    );
    return await showPerson(view);
  });
}
