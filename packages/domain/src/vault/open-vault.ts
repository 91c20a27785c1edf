import { randomBytes } from 'node:crypto';
import { type Database, knexOf } from '../database/database.ts';
import type { KeyRing } from './key-ring.ts';
import { KeyUnavailableError, unwrapKey, Vault, VaultError, wrapKey } from './vault.ts';

interface SystemKey {
  name: string;
  kek_id: string;
  wrapped: Buffer;
}

/**
 * Opens the vault, or refuses: when the ring lacks a key that wraps anything here, or holds another one by that
 * name. The first process on a new database makes the system's own keys; nothing is written before all is checked.
 * @throws KeyUnavailableError, VaultError with a sentence for the operator
 */
export async function openVault(database: Database, ring: KeyRing): Promise<Vault> {
  const knex = knexOf(database);
  const stored = await knex<SystemKey>('system_keys').select('name', 'kek_id', 'wrapped');
  for (const key of stored) unwrapKey(ring, key.kek_id, key.wrapped, key.name);
  await refuseMissingKeys(database, ring);

  const missing = ring.map(kek => newSystemKey(kek, `check|${kek.id}`, randomBytes(32)));
  for (const name of ['hash', 'personal']) missing.push(newSystemKey(ring[0], name, randomBytes(32)));
  await knex('system_keys').insert(missing).onConflict('name').ignore();

  // Read again: another process may have been first.
  const keys = await knex<SystemKey>('system_keys').select('name', 'kek_id', 'wrapped');
  const open = (name: string) => {
    const key = keys.find(candidate => candidate.name === name);
    if (!key) throw new VaultError('The system keys cannot be read.');
    return unwrapKey(ring, key.kek_id, key.wrapped, name);
  };
  return new Vault(ring, { hash: open('hash'), personal: open('personal') });
}

async function refuseMissingKeys(database: Database, ring: KeyRing): Promise<void> {
  const { rows } = await knexOf(database).raw('select kek_id from router.key_encryption_keys_in_use()');
  for (const { kek_id } of rows as { kek_id: string }[]) {
    if (!ring.some(kek => kek.id === kek_id)) {
      throw new KeyUnavailableError(`PAGEKEEPER_KEYS lacks the key ${kek_id}, which this database needs.`);
    }
  }
}

const newSystemKey = (kek: KeyRing[0], name: string, key: Uint8Array): SystemKey => ({
  name,
  kek_id: kek.id,
  wrapped: wrapKey(kek, key, name),
});
