import { notFound } from '../errors.ts';
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
 * @throws DomainError `not_found` for an integration that was deactivated meanwhile: the page would be nobody's
 */
export async function takeOverPage(tx: TenantTx, pageId: string, integrationId: Uuid): Promise<MovedPage | null> {
  await holdActive(tx, integrationId);
  const { rows } = await tx.raw('select * from router.take_over_page(?, ?)', [pageId, integrationId]);
  return rows[0] ?? null;
}

/** Until the end of the transaction it is not deactivated, nor what it belongs to. */
async function holdActive(tx: TenantTx, integrationId: Uuid): Promise<void> {
  const { rowCount } = await tx.raw(
    `select from integrations i
     join businesses b on b.organization_id = i.organization_id and b.id = i.business_id and b.is_active
     join organizations o on o.id = b.organization_id and o.is_active
     where i.organization_id = ? and i.id = ? and i.is_active for share of o, b, i`,
    [tx.tenant.organizationId, integrationId],
  );
  if (rowCount === 0) throw notFound('integration');
}
