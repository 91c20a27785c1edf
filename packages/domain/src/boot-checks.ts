import { type Database, knexOf } from './database/database.ts';
import { errorCode, isDatabaseUnavailable } from './database/errors.ts';
import { latestMigration } from './database/migrations/index.ts';

/** A process must not start like this. One sentence for the operator. */
export class BootRefused extends Error {
  override name = 'BootRefused';
}

/**
 * Refuses a role that row level security would not hold, a schema of another release, and a moved clock in
 * production.
 * @throws BootRefused
 */
export async function checkBoot(database: Database, options: { production: boolean }): Promise<void> {
  await refusePowerfulRole(database).catch(error => {
    if (!isDatabaseUnavailable(error)) throw error;
    throw new BootRefused(`The database at DATABASE_URL cannot be reached (${errorCode(error) ?? error.message}).`);
  });
  await checkSchema(database);
  if (options.production) await refuseMovedClock(database);
}

async function refusePowerfulRole(database: Database): Promise<void> {
  const { rows } = await knexOf(database).raw(`
    select current_user as role, r.rolsuper or r.rolbypassrls as passes_by,
      exists (select from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p')) as owns_tables,
      exists (select from pg_roles other where other.rolname in ('pagekeeper_owner', 'pagekeeper_router')
        and pg_has_role(r.oid, other.oid, 'member')) as is_member
    from pg_roles r where r.rolname = current_user`);
  const { role, passes_by, owns_tables, is_member } = rows[0];
  if (passes_by || owns_tables || is_member) {
    throw new BootRefused(
      `DATABASE_URL logs in as ${role}, which row level security would not hold. Use the URL of pagekeeper_app.`,
    );
  }
}

/** Also what readiness asks. @throws BootRefused when migrations are missing */
export async function checkSchema(database: Database): Promise<void> {
  const newest = latestMigration();
  const found = await knexOf(database)('migrations')
    .where({ name: newest })
    .first('name')
    .catch(error => {
      if (errorCode(error) === '42P01') return undefined;
      throw error;
    });
  if (!found) throw new BootRefused(`The database lacks the migration ${newest}. Run the migrations first.`);
}

async function refuseMovedClock(database: Database): Promise<void> {
  const { rows } = await knexOf(database).raw(`select clock_offset <> '0' as moved from app.clock`);
  if (rows[0]?.moved) throw new BootRefused('The database clock is moved (app.clock), which is for tests only.');
}
