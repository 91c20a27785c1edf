import { notFound } from '../errors.ts';
import type { Rendered } from '../resource.ts';
import type { Role, TenantTx } from '../tenancy/tenant-tx.ts';
import { Organization, type OrganizationShape, organizationResource } from './organization.ts';

/** The entered organization as JSON, with the caller's role. */
export async function showOrganization(
  tx: TenantTx,
  role: Role | 'STAFF' | null = tx.tenant.role,
): Promise<Rendered<OrganizationShape>> {
  const row = await Organization.query(tx)
    .select(...organizationResource.selection)
    .first();
  if (!row) throw notFound('organization');
  return organizationResource.one(row as unknown as Record<string, unknown>, { role });
}
