import pg from 'pg';
import { DomainError } from '../errors.ts';

/**
 * Makes a person staff, or takes it back. For the operator's tools only: it takes the database URL of
 * `pagekeeper_owner`, which no running process has.
 * @param options.unconfirmed also where nobody has shown that the address is theirs: anybody may sign up with it
 * @throws DomainError `not_found` when nobody has the address, `email_not_verified`
 */
export async function setStaff(
  ownerUrl: string,
  { email, isStaff, unconfirmed = false }: { email: string; isStaff: boolean; unconfirmed?: boolean },
): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `update auth.users set updated_at = now(),
         is_staff = case when email_verified or $3::boolean or not $2::boolean then $2::boolean else is_staff end
       where email = lower($1) returning is_staff`,
      [email, isStaff, unconfirmed],
    );
    if (rows.length === 0) throw new DomainError('not_found', `Nobody has the e-mail address ${email}.`);
    if (rows[0].is_staff !== isStaff) {
      throw new DomainError(
        'email_not_verified',
        `Whoever signed up as ${email} has not confirmed it yet. If you know that it is them, say --unconfirmed.`,
      );
    }
  } finally {
    await client.end();
  }
}
