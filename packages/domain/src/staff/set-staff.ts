import pg from 'pg';
import { DomainError } from '../errors.ts';

/**
 * Makes a person staff, or takes it back. For the operator's tools only: it takes the database URL of
 * `pagekeeper_owner`, which no running process has.
 * @throws DomainError `not_found` when nobody has the address
 */
export async function setStaff(
  ownerUrl: string,
  { email, isStaff }: { email: string; isStaff: boolean },
): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      'update auth.users set is_staff = $2, updated_at = now() where email = lower($1)',
      [email, isStaff],
    );
    if (rowCount !== 1) throw new DomainError('not_found', `Nobody has the e-mail address ${email}.`);
  } finally {
    await client.end();
  }
}
