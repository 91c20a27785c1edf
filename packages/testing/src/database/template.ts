import pg from 'pg';

/** The migrated database that test databases are copied from. */
export const templateName = 'pagekeeper_template';

/** Runs one piece of work over a connection of its own. */
export async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Drops the template of an earlier run on a server that outlives the run. */
export function dropTemplate(adminUrl: string): Promise<void> {
  return withClient(adminUrl, async client => {
    await client.query('update pg_database set datistemplate = false where datname = $1', [templateName]);
    await client.query(`drop database if exists ${templateName} with (force)`);
  });
}

/** Keeps everybody out of the template from now on: one session in it would stop all copying. */
export function closeTemplate(adminUrl: string): Promise<void> {
  return withClient(adminUrl, async client => {
    await client.query(`alter database ${templateName} with is_template true allow_connections false`);
  });
}

/** Drops every database whose name begins with this prefix. */
export function dropDatabases(adminUrl: string, prefix: string): Promise<void> {
  return withClient(adminUrl, async client => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [prefix],
    );
    for (const { datname } of rows) await client.query(`drop database if exists ${quote(datname)} with (force)`);
  });
}

// One lock for all test workers: copies of one template made at the same moment get in each other's way.
const copyLock = 720_001;

/** Copies the template, with what CREATE DATABASE leaves behind: its grants and settings. */
export function copyTemplate(adminUrl: string, template: string, name: string): Promise<void> {
  return withClient(adminUrl, async client => {
    await client.query('select pg_advisory_lock($1)', [copyLock]);
    await createFrom(client, template, name);
    await client.query(copyGrantsAndSettings(template, name));
  });
}

const attempts = 5;

async function createFrom(client: pg.Client, template: string, name: string): Promise<void> {
  const { rows } = await client.query<{ owner: string }>(
    'select pg_get_userbyid(datdba) as owner from pg_database where datname = $1',
    [template],
  );
  const owner = rows[0]?.owner;
  if (!owner) throw new Error(`There is no template database ${template}: is the global setup configured?`);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(`create database ${quote(name)} template ${quote(template)} owner ${quote(owner)}`);
      return;
    } catch (error) {
      // 55006 object_in_use: "source database is being accessed by other users".
      if ((error as { code?: string }).code !== '55006' || attempt >= attempts) throw error;
      await client.query('select pg_sleep($1)', [attempt * 0.1]);
    }
  }
}

/** One DO block: a round trip, and each statement built by format() from the catalogue. */
const copyGrantsAndSettings = (template: string, name: string) => `
  do $$
  declare
    source pg_database := (select d from pg_database d where datname = ${literal(template)});
    statement text;
  begin
    revoke all on database ${quote(name)} from public;
    for statement in
      select format('grant %s on database %I to %s', acl.privilege_type, ${literal(name)},
               case when acl.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(acl.grantee)) end)
      from aclexplode(coalesce(source.datacl, acldefault('d', source.datdba))) acl
      union all
      select format('alter %s set %I to %s',
               case when s.setrole = 0 then format('database %I', ${literal(name)})
                    else format('role %I in database %I', pg_get_userbyid(s.setrole), ${literal(name)}) end,
               split_part(setting, '=', 1),
               -- A list is kept quoted already.
               case when setting like 'search_path=%' then substr(setting, strpos(setting, '=') + 1)
                    else quote_literal(substr(setting, strpos(setting, '=') + 1)) end)
      from pg_db_role_setting s, unnest(s.setconfig) setting
      where s.setdatabase = source.oid
    loop
      execute statement;
    end loop;
  end $$`;

const quote = (text: string) => pg.escapeIdentifier(text);
const literal = (text: string) => pg.escapeLiteral(text);

/** Drops one database, whoever is still connected to it. */
export function dropDatabase(adminUrl: string, name: string): Promise<void> {
  return withClient(adminUrl, async client => {
    await client.query(`drop database if exists ${quote(name)} with (force)`);
  });
}
