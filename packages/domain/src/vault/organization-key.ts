import type { Uuid } from '../ids.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { Sealed } from './sealed.ts';
import { type DataKey, keyIdOf, type Vault, VaultError } from './vault.ts';

/** An organization's data key, wrapped by a key-encryption key. Destroying the row makes what it sealed unreadable. */
export class OrganizationKey extends TenantModel {
  static override tableName = 'organization_keys';

  declare id: Uuid;
  declare kek_id: string;
  declare wrapped: Uint8Array;
  declare is_current: boolean;
  declare created_at: Date;
}

/** The key that seals what is new in this tenant. */
export async function currentDataKey(tx: TenantTx, vault: Vault): Promise<DataKey> {
  const row = await OrganizationKey.query(tx).findOne({ is_current: true });
  if (!row) throw new VaultError('The organization has no data key.');
  return vault.unwrap(row);
}

/** The key that opens this value: the current one, or one that was current when it was sealed. */
export async function dataKeyOf(tx: TenantTx, vault: Vault, sealed: Sealed): Promise<DataKey> {
  const known = vault.knownKey(keyIdOf(sealed), tx.tenant.organizationId);
  if (known) return known;
  const row = await OrganizationKey.query(tx).findOne({ id: keyIdOf(sealed) });
  if (!row) throw new VaultError('The data key of a sealed value is gone.');
  return vault.unwrap(row);
}
