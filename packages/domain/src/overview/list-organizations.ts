import type * as z from 'zod';
import type { Context } from '../context.ts';
import { publicId } from '../ids.ts';
import { organizationResource, organizationShape } from '../organizations/organization.ts';
import { readOrganizations, readOrganizationsInput } from '../organizations/read-organizations.ts';
import { includeInput, type List, type Rendered, renderPage } from '../resource.ts';
import type { Caller } from '../tenancy/actor.ts';
import { nestedInOrganizationShape, nestInOrganizations } from './nested.ts';

export const listOrganizationsInput = readOrganizationsInput.extend({
  include: includeInput(['businesses', 'businesses.integrations', 'members']),
});

export const organizationWithShape = organizationShape.extend(nestedInOrganizationShape);

export type OrganizationWithShape = z.output<typeof organizationWithShape>;

/** The caller's organizations, newest first; with what is in them where that is asked for. */
export async function listOrganizations(
  ctx: Context<Caller>,
  { include, ...input }: z.output<typeof listOrganizationsInput>,
): Promise<Rendered<List<OrganizationWithShape>>> {
  const rows = await readOrganizations(ctx, input);
  const idOf = (row: Record<string, unknown>) => publicId('organization', row['id:id'] as string);
  const roleOf = (row: Record<string, unknown>) => ({ role: row.role });
  if (include.length === 0) return renderPage(rows, organizationResource, input.limit, roleOf);
  // An inactive organization is entered by nobody: it nests nothing.
  const active = rows.slice(0, input.limit).filter(row => row.is_active);
  const nested = await nestInOrganizations(ctx, active.map(idOf), include);
  return renderPage(rows, organizationResource, input.limit, row => ({ ...roleOf(row), ...nested.get(idOf(row)) }));
}
