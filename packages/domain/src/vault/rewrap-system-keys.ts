import pg from 'pg';
import type { KeyRing } from './key-ring.ts';
import { unwrapKey, wrapKey } from './vault.ts';

/**
 * Wraps the system's own keys with the ring's first key, those that another one wraps. As the database's owner: no
 * running process may change them.
 * @returns how many were wrapped anew
 * @throws KeyUnavailableError
 */
export async function rewrapSystemKeys(ownerUrl: string, ring: KeyRing): Promise<number> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `select name, kek_id, wrapped from system_keys where kek_id <> $1 and name not like 'check|%'`,
      [ring[0].id],
    );
    for (const { name, kek_id, wrapped } of rows) {
      const anew = wrapKey(ring[0], unwrapKey(ring, kek_id, wrapped, name), name);
      await client.query('update system_keys set kek_id = $3, wrapped = $4 where name = $1 and wrapped = $2', [
        name,
        wrapped,
        ring[0].id,
        anew,
      ]);
    }
    const { rows: after } = await client.query(
      `select name, kek_id, wrapped from system_keys where name not like 'check|%'`,
    );
    for (const { name, kek_id, wrapped } of after) unwrapKey([ring[0]], kek_id, wrapped, name);
    return rows.length;
  } finally {
    await client.end();
  }
}
