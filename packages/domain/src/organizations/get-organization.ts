import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import { activeInput, type Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { OrganizationShape } from './organization.ts';
import { showOrganization } from './show-organization.ts';

export const getOrganizationInput = z.strictObject({ active: activeInput });

/** One organization, by id or slug; a soft-deleted one where `active` asks for it. */
export async function getOrganization(
  ctx: Context,
  { organization, active }: { organization: string } & z.output<typeof getOrganizationInput>,
): Promise<Rendered<OrganizationShape>> {
  const allowInactive = active !== 'true';
  return await withTenant(ctx, { organization, allowInactive, readOnly: true }, async tx => {
    authorize(tx, 'organization.read');
    const shown = await showOrganization(tx);
    if (active === 'false' && shown.value().is_active) throw notFound('organization');
    return shown;
  });
}
