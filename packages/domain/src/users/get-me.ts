import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { publicId } from '../ids.ts';
import { Organization } from '../organizations/organization.ts';
import { type Rendered, taggedByContent } from '../resource.ts';
import type { Caller } from '../tenancy/actor.ts';
import { withTenant, withUser } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { type MeShape, showPerson } from './me.ts';

/** Who sent the request, and to which active organizations they belong. An API key sees itself, whatever its scopes. */
export async function getMe(ctx: Context<Caller>): Promise<Rendered<MeShape>> {
  const { actor } = ctx;
  if (actor.type === 'user') return await withUser({ ...ctx, actor }, { readOnly: true }, showPerson);
  return await withTenant(ctx, { allowInactive: true, readOnly: true }, async tx => {
    authorize(tx, 'self.read');
    return await showKey(tx);
  });
}

async function showKey(tx: TenantTx): Promise<Rendered<MeShape>> {
  const { role, scopes, by } = tx.tenant;
  const { name } = await tx('api_keys').where({ id: by.id }).first('name');
  const organizations = await Organization.query(tx).where({ is_active: true }).select('id', 'name', 'slug');
  const shown = {
    id: publicId('api_key', by.id),
    type: 'api_key',
    name,
    role,
    scopes,
    organizations: organizations.map(({ id, name, slug }) => ({
      id: publicId('organization', id),
      name,
      slug,
      role,
    })),
  };
  return taggedByContent(JSON.stringify(shown));
}
