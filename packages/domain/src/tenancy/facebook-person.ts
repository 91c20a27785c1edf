import { again, type Database, knexOf } from '../database/database.ts';
import type { Uuid } from '../ids.ts';

/** A login that a check is due for. Whose it is goes into the job, and to nobody. */
export interface DueLogin {
  organization_id: Uuid;
  login_id: Uuid;
}

/**
 * Makes every other login of a Facebook person due at once, in all organizations.
 * @param personHash the keyed hash of their app-scoped id
 */
export async function recheckPerson(database: Database, personHash: Buffer, except: Uuid | null): Promise<DueLogin[]> {
  const sql = 'select * from router.recheck_person(?, ?)';
  const { rows } = await again(() => knexOf(database).raw(sql, [personHash, except] as never));
  return rows as DueLogin[];
}

/**
 * Revokes a person's logins of before, in all organizations, and makes their pages due.
 * @param deletion the code under which the tokens are erased too
 */
export async function revokePerson(
  database: Database,
  { personHash, askedAt, deletion }: { personHash: Buffer; askedAt: Date; deletion: string | null },
): Promise<DueLogin[]> {
  const sql = 'select * from router.revoke_person(?, ?, ?)';
  const { rows } = await again(() => knexOf(database).raw(sql, [personHash, askedAt, deletion] as never));
  return rows as DueLogin[];
}

/** Deletions that a person asked for after a login was stored. */
export async function readDeletionsSince(
  database: Database,
  personHash: Buffer,
  storedAt: Date,
): Promise<{ code: string; requestedAt: Date }[]> {
  const rows = await knexOf(database)('data_deletions')
    .where({ person_hash: personHash })
    .whereRaw(`requested_at + interval '1 second' > ?`, [storedAt])
    .select('code', 'requested_at');
  return rows.map(row => ({ code: row.code, requestedAt: row.requested_at }));
}

/** When a deletion was asked for and done; null for a code that we never gave out. */
export async function readDeletion(
  database: Database,
  code: string,
): Promise<{ requestedAt: Date; completedAt: Date } | null> {
  const row = await knexOf(database)('data_deletions').where({ code }).first();
  return row ? { requestedAt: row.requested_at, completedAt: row.completed_at } : null;
}
