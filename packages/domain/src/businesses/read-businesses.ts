import type { z } from 'zod';
import type { Context } from '../context.ts';
import { activeInput, listInput, pageOf, whereActive } from '../resource.ts';
import { readRows } from '../tenancy/read-page.ts';
import { Business, businessResource } from './business.ts';

export const readBusinessesInput = listInput.extend({ active: activeInput });

/** An organization's businesses, newest first, as rows of `businessResource`: one more than the limit where there is. */
export async function readBusinesses(
  ctx: Context,
  { organization, active, ...page }: { organization: string } & z.output<typeof readBusinessesInput>,
): Promise<Record<string, unknown>[]> {
  return await readRows(ctx, { organization, permission: 'business.read' }, tx => {
    const query = Business.query(tx);
    whereActive(query, 'businesses.is_active', active);
    return pageOf(query, businessResource, page, 'businesses.id');
  });
}
