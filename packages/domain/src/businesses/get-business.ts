import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { activeInput, type Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { type BusinessShape, findBusiness } from './business.ts';
import { showBusiness } from './show-business.ts';

export const getBusinessInput = z.strictObject({ active: activeInput });

/** One business, by id or slug. */
export async function getBusiness(
  ctx: Context,
  { organization, business, active }: { organization: string; business: string } & z.output<typeof getBusinessInput>,
): Promise<Rendered<BusinessShape>> {
  return await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'business.read');
    const { id } = await findBusiness(tx, business, { active });
    return await showBusiness(tx, id);
  });
}
