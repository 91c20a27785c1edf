import type { z } from 'zod';
import type { Context } from '../context.ts';
import { activeInput, type List, listInput, pageOf, type Rendered, renderPage, whereActive } from '../resource.ts';
import { readRows } from '../tenancy/read-page.ts';
import { Business, type BusinessShape, businessResource } from './business.ts';

export const listBusinessesInput = listInput.extend({ active: activeInput });

/** An organization's businesses, newest first. */
export async function listBusinesses(
  ctx: Context,
  { organization, active, ...page }: { organization: string } & z.output<typeof listBusinessesInput>,
): Promise<Rendered<List<BusinessShape>>> {
  const rows = await readRows(ctx, { organization, permission: 'business.read' }, tx => {
    const query = Business.query(tx);
    whereActive(query, 'businesses.is_active', active);
    return pageOf(query, businessResource, page, 'businesses.id');
  });
  return renderPage(rows, businessResource, page.limit);
}
