import { notFound } from '../errors.ts';
import type { Uuid } from '../ids.ts';
import type { Rendered } from '../resource.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { Business, type BusinessShape, businessResource } from './business.ts';

/** A business as JSON. */
export async function showBusiness(tx: TenantTx, id: Uuid): Promise<Rendered<BusinessShape>> {
  const row = await Business.query(tx)
    .findOne({ id })
    .select(...businessResource.selection);
  if (!row) throw notFound('business');
  return businessResource.one(row as unknown as Record<string, unknown>);
}
