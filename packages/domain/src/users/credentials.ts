import { verify } from '@node-rs/argon2';
import type pg from 'pg';
import type { Uuid } from '../ids.ts';

/** What is asked of a person's credentials outside of better-auth. Works as `pagekeeper_auth`. */
export interface Credentials {
  isPassword(userId: Uuid, password: string): Promise<boolean>;
  findSessionToken(userId: string, sessionId: string): Promise<string | null>;
  /** Makes links for a new password useless, second steps under way too. */
  forgetLinks(userId: string): Promise<void>;
  /** Takes the second factor from an account whose address nobody has confirmed. */
  dropUnprovenFactor(userId: string): Promise<void>;
  /**
   * Ends all sessions and erases who it was, the address in invitations and audit lines too. The row stays: memberships
   * and audit lines point to it.
   */
  erase(userId: Uuid): Promise<void>;
}

export function createCredentials(pool: pg.Pool): Credentials {
  const forgetLinks = 'delete from auth.verifications where value = $1';
  return {
    async isPassword(userId, password) {
      const text = `select password from auth.accounts where user_id = $1 and provider_id = 'credential'`;
      const { rows } = await pool.query(text, [userId]);
      return rows[0]?.password ? await verify(rows[0].password, password) : false;
    },
    async findSessionToken(userId, sessionId) {
      const text = 'select token from auth.sessions where user_id = $1 and id = $2';
      const { rows } = await pool.query(text, [userId, sessionId]);
      return rows[0]?.token ?? null;
    },
    async forgetLinks(userId) {
      await pool.query(forgetLinks, [userId]);
    },
    async dropUnprovenFactor(userId) {
      await pool.query(dropUnproven, [userId]);
    },
    erase: userId =>
      inTransaction(pool, async client => {
        // Invitations before the person's row, as who accepts one locks them.
        await client.query(forgetAddress, [userId]);
        await client.query(anonymise, [userId]);
        // After the row was locked: a session that came in between is seen.
        for (const table of ['sessions', 'accounts', 'two_factors']) {
          await client.query(`delete from auth.${table} where user_id = $1`, [userId]);
        }
        await client.query(forgetLinks, [userId]);
      }),
  };
}

// An address that nobody proved to be theirs may be somebody else's, who is invited by it.
const forgetAddress = `select router.forget_address(id, case when email_verified then email end)
  from auth.users where id = $1`;

// What stands in place of the address is none: nobody signs in, asks for a new password or gets a mail by it.
const anonymise = `update auth.users set name = 'Former user', email = 'erased:' || id, email_verified = false,
  image = null, is_staff = false, notices = '{}', two_factor_enabled = false, updated_at = now() where id = $1`;

const dropUnproven = `with unproven as (
    update auth.users set two_factor_enabled = false, updated_at = now() where id = $1 and not email_verified returning id
  ) delete from auth.two_factors where user_id in (select id from unproven)`;

async function inTransaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await work(client);
    await client.query('commit');
    client.release();
  } catch (error) {
    // Closing the connection rolls back, whatever state it is in.
    client.release(true);
    throw error;
  }
}
