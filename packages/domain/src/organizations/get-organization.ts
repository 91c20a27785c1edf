import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { OrganizationShape } from './organization.ts';
import { showOrganization } from './show-organization.ts';

/** One organization, by id or slug. */
export async function getOrganization(
  ctx: Context,
  input: { organization: string },
): Promise<Rendered<OrganizationShape>> {
  return await withTenant(ctx, { ...input, readOnly: true }, async tx => {
    authorize(tx, 'organization.read');
    return await showOrganization(tx);
  });
}
