import type { Secret } from '@pagekeeper/runtime/secret';
import { DomainError } from '../errors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { dataKeyOf } from './organization-key.ts';
import type { Sealed } from './sealed.ts';
import { type Place, type Vault, VaultError } from './vault.ts';

/** Null for a value that was changed or moved. A key that this process lacks is our own fault, and an error. */
export async function openOrNull(tx: TenantTx, vault: Vault, place: Place, sealed: Sealed): Promise<Secret | null> {
  try {
    return vault.open(await dataKeyOf(tx, vault, sealed), place, sealed);
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}

/**
 * Opens a text for somebody who asked for it; the verb leaves a line in the audit log.
 * @throws DomainError `contents_damaged` when it does not open, or `check` finds that it is no such text
 */
export async function openContents(
  tx: TenantTx,
  vault: Vault,
  place: Place,
  sealed: Sealed,
  check: (text: string) => unknown = () => {},
): Promise<string> {
  try {
    const text = vault.openBytes(await dataKeyOf(tx, vault, sealed), place, sealed).toString();
    check(text);
    return text;
  } catch (error) {
    if (!(error instanceof VaultError || error instanceof SyntaxError)) throw error;
    throw new DomainError('contents_damaged', 'What is stored was changed or moved: nobody can open it any more.');
  }
}
