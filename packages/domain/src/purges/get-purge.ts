import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { parsePublicId } from '../ids.ts';
import type { Rendered } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withUser } from '../tenancy/doors.ts';
import type { PurgeShape } from './purge.ts';
import { showPurge } from './show-purge.ts';

/** How far a purge has come that the person asked for; also when the organization is gone. */
export async function getPurge(ctx: Context<UserActor>, input: { purge: string }): Promise<Rendered<PurgeShape>> {
  const id = parsePublicId('purge', input.purge);
  if (!id) throw notFound('purge');
  return await withUser(ctx, { readOnly: true }, view => showPurge(view, id));
}
