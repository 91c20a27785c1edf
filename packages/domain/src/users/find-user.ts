import pg from 'pg';
import { notFound } from '../errors.ts';
import type { Uuid } from '../ids.ts';

/**
 * Whose an e-mail address is. For the operator's tools only: it takes the URL of `pagekeeper_auth`, the one role that
 * sees everybody.
 * @throws DomainError `not_found`
 */
export async function findUser(authUrl: string, email: string): Promise<{ id: Uuid; name: string }> {
  const client = new pg.Client({ connectionString: authUrl, connectionTimeoutMillis: 5_000, query_timeout: 10_000 });
  // The rejected query tells.
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query('select id, name from auth.users where email = lower($1)', [email]);
    if (!rows[0]) throw notFound(`person: nobody has the address ${email}`);
    return rows[0];
  } finally {
    await client.end();
  }
}
