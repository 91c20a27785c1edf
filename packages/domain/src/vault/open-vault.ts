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
  await checkKeyRing(database, ring);
  const knex = knexOf(database);
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

/**
 * Whether the ring has every key that this database needs, and the right one by each name. Writes nothing.
 * @throws KeyUnavailableError
 */
export async function checkKeyRing(database: Database, ring: KeyRing): Promise<void> {
  const stored = await knexOf(database)<SystemKey>('system_keys').select('name', 'kek_id', 'wrapped');
  for (const key of stored) {
    // The check value of a key that was taken out of the ring, and wraps nothing any more: nobody needs it.
    const isRetired = key.name === `check|${key.kek_id}` && !ring.some(kek => kek.id === key.kek_id);
    if (!isRetired) unwrapKey(ring, key.kek_id, key.wrapped, key.name);
  }
  await refuseMissingKeys(database, ring);
}

async function refuseMissingKeys(database: Database, ring: KeyRing): Promise<void> {
  for (const kek_id of await readKeysInUse(database)) {
    if (!ring.some(kek => kek.id === kek_id)) {
      throw new KeyUnavailableError(`PAGEKEEPER_KEYS lacks the key ${kek_id}, which this database needs.`);
    }
  }
}

/** The ids of the key-encryption keys that data keys are wrapped by. */
export async function readKeysInUse(database: Database): Promise<string[]> {
  const { rows } = await knexOf(database).raw('select kek_id from router.key_encryption_keys_in_use()');
  return rows.map(({ kek_id }: { kek_id: string }) => kek_id);
}

/** For how many seconds the ring's first key has been in use; null while no process has begun with it. */
export async function readRingKeyAge(database: Database, ring: KeyRing): Promise<number | null> {
  const { rows } = await knexOf(database).raw(
    'select extract(epoch from now() - created_at)::double precision as seconds from system_keys where name = ?',
    [`check|${ring[0].id}`],
  );
  return rows[0]?.seconds ?? null;
}

const newSystemKey = (kek: KeyRing[0], name: string, key: Uint8Array): SystemKey => ({
  name,
  kek_id: kek.id,
  wrapped: wrapKey(kek, key, name),
});
