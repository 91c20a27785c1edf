import type * as z from 'zod';
import { businessResource } from '../businesses/business.ts';
import { readBusinesses, readBusinessesInput } from '../businesses/read-businesses.ts';
import type { Context } from '../context.ts';
import { includeInput, type List, type Rendered, renderPage } from '../resource.ts';
import { type BusinessWithShape, nestIntegrations } from './nested.ts';

export const listBusinessesInput = readBusinessesInput.extend({ include: includeInput(['integrations']) });

/** An organization's businesses, newest first; with their integrations where that is asked for. */
export async function listBusinesses(
  ctx: Context,
  { organization, include, ...page }: { organization: string } & z.output<typeof listBusinessesInput>,
): Promise<Rendered<List<BusinessWithShape>>> {
  const rows = await readBusinesses(ctx, { organization, ...page });
  if (include.length === 0) return renderPage(rows, businessResource, page.limit);
  const integrations = await nestIntegrations(ctx, organization, rows.slice(0, page.limit));
  return renderPage(rows, businessResource, page.limit, row => ({ integrations: integrations(row) }));
}
