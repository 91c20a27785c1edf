import type { Uuid } from '../ids.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { activeIntegrations } from '../integrations/integration.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

/** The organization's integrations that have these pages, and are within reach: active, of active businesses. */
export async function integrationsByPage(tx: TenantTx, pageIds: readonly string[]): Promise<Map<string, Uuid>> {
  if (pageIds.length === 0) return new Map();
  const rows = await FacebookPageIntegration.query(tx)
    .whereIn('page_id', [...pageIds])
    .whereIn('id', activeIntegrations(tx).select('id'))
    .select('id', 'page_id');
  return new Map(rows.map(({ page_id, id }) => [page_id, id]));
}
