import type { RoleUrls } from '@pagekeeper/domain/database/roles';
import pg from 'pg';

const mustBeOn = ['fsync', 'synchronous_commit', 'full_page_writes'];

/**
 * That a commit means what it says: checked in the sessions of both roles that write, since a role or a database can
 * have settings of its own.
 * @throws Error when a figure would be worth nothing
 */
export async function checkDurability(admin: pg.Client, urls: RoleUrls): Promise<string[]> {
  for (const url of [urls.app, urls.owner]) await checkSettings(url);
  await refuseUnlogged(admin);
  await refuseLooseFunctions(admin);
  const { rows } = await admin.query<{ name: string; setting: string }>(
    `select name, current_setting(name) as setting from pg_settings
     where name in ('wal_sync_method', 'shared_buffers', 'max_wal_size', 'wal_compression')`,
  );
  return [
    `${mustBeOn.join(', ')}: on; tables: logged`,
    rows.map(({ name, setting }) => `${name}: ${setting}`).join(', '),
  ];
}

async function checkSettings(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const name of mustBeOn) {
      const { rows } = await client.query('select current_setting($1) as value', [name]);
      if (rows[0].value !== 'on') throw new Error(`${name} is ${rows[0].value} for ${client.user}: it must be on.`);
    }
  } finally {
    await client.end();
  }
}

async function refuseUnlogged(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query(
    `select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and c.relpersistence <> 'p' and n.nspname not in ('pg_catalog', 'pg_toast')`,
  );
  if (rows.length > 0) throw new Error(`These tables are not logged: ${rows.map(row => row.relname).join(', ')}.`);
}

/** A function can bring a setting along that nobody sees from outside. */
async function refuseLooseFunctions(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query(
    `select proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname in ('public', 'router', 'app')
       and (p.proconfig::text ~ 'synchronous_commit' or p.prosrc ~ 'synchronous_commit')`,
  );
  if (rows.length > 0)
    throw new Error(`These functions touch synchronous_commit: ${rows.map(row => row.proname).join(', ')}.`);
}
