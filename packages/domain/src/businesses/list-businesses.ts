import type { z } from 'zod';
import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { activeInput, type List, listInput, type Rendered, renderList, whereActive } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import { Business, type BusinessShape, businessResource } from './business.ts';

export const listBusinessesInput = listInput.extend({ active: activeInput });

/** An organization's businesses, newest first. */
export async function listBusinesses(
  ctx: Context,
  { organization, active, ...page }: { organization: string } & z.output<typeof listBusinessesInput>,
): Promise<Rendered<List<BusinessShape>>> {
  return await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'business.read');
    const query = Business.query(tx);
    whereActive(query, 'businesses.is_active', active);
    return await renderList(query, businessResource, page, 'businesses.id');
  });
}
