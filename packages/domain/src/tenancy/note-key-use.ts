import { type Database, knexOf } from '../database/database.ts';

/**
 * Writes that API keys were used just now, in one statement for all tenants.
 * @param secretHashes SHA-256 of the secrets, in hex
 */
export async function noteKeyUse(database: Database, secretHashes: readonly string[]): Promise<void> {
  // In one order for all processes, so that two of them do not wait for each other's rows.
  const hashes = secretHashes.toSorted().map(hash => Buffer.from(hash, 'hex'));
  await knexOf(database).raw('select router.note_key_use(?)', [hashes as never]);
}
