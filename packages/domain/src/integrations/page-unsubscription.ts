import type { Secret } from '@pagekeeper/runtime/secret';
import { raw } from 'objection';
import { newId, type Uuid } from '../ids.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { currentDataKey } from '../vault/organization-key.ts';
import type { Sealed } from '../vault/sealed.ts';
import type { Vault } from '../vault/vault.ts';

/** A page that our app is to be taken off, unless somebody claims it. */
export class PageUnsubscription extends TenantModel {
  static override tableName = 'page_unsubscriptions';
  static override sealedColumns = ['page_access_token'];

  declare id: Uuid;
  declare integration_id: Uuid;
  declare page_id: string;
  /** Null: the token that the integration has for this page. */
  declare page_access_token: Sealed | null;
  declare attempts: number;
  /** In business time; moves with every attempt. */
  declare due_at: Date;
}

/** Where a left page's own token is sealed. */
export const leftPageTokenOf = (id: Uuid) =>
  ({ table: 'page_unsubscriptions', column: 'page_access_token', rowId: id }) as const;

/**
 * Notes that our app is to be taken off a page whose token the integration is about to lose, or has lost.
 * @param attempts that were made before
 */
export async function leavePage(
  tx: TenantTx,
  vault: Vault,
  {
    integrationId,
    pageId,
    token,
    attempts = 0,
  }: { integrationId: Uuid; pageId: string; token: Secret; attempts?: number },
): Promise<void> {
  const key = await currentDataKey(tx, vault);
  const id = newId();
  await PageUnsubscription.query(tx).delete().where({ page_id: pageId });
  await PageUnsubscription.query(tx).insert({
    organization_id: tx.tenant.organizationId,
    id,
    integration_id: integrationId,
    page_id: pageId,
    page_access_token: vault.seal(key, leftPageTokenOf(id), token),
    attempts,
    due_at: raw('app.now()') as never,
  });
}
