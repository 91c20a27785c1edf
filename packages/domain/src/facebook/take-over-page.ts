import type { Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

/** The side that a page was taken from: for the job that tells it, and for nothing that is shown. */
export interface MovedPage {
  organization_id: Uuid;
  integration_id: Uuid;
}

/**
 * Moves a page's claim here from whoever holds it, in one step. The caller has just proved with a live token that the
 * page's person has the task MANAGE on it.
 * @returns null where nobody else holds the page
 */
export async function takeOverPage(tx: TenantTx, pageId: string, integrationId: Uuid): Promise<MovedPage | null> {
  const { rows } = await tx.raw('select * from router.take_over_page(?, ?)', [pageId, integrationId]);
  return rows[0] ?? null;
}
