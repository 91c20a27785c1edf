import pg from 'pg';
import { isPowerful } from './examine-server.ts';

export interface RolePasswords {
  owner: string;
  app: string;
  auth: string;
  queue: string;
}

export interface RoleUrls {
  app: string;
  owner: string;
  auth: string;
  queue: string;
}

export interface DatabaseOptions {
  database: string;
  passwords: RolePasswords;
}

/** The roles that log in. `pagekeeper_router` is not among them: it only owns definer functions. */
export const loginRoles = {
  owner: 'pagekeeper_owner',
  app: 'pagekeeper_app',
  auth: 'pagekeeper_auth',
  queue: 'pagekeeper_queue',
} as const satisfies Record<keyof RolePasswords, string>;

/** A role's own limits: a stuck query or lock ends before the caller's patience does. */
const roleSettings: Record<string, Record<string, string>> = {
  pagekeeper_app: { statement_timeout: '10s', lock_timeout: '3s', idle_in_transaction_session_timeout: '15s' },
  pagekeeper_auth: { statement_timeout: '10s', lock_timeout: '3s', search_path: 'auth' },
  pagekeeper_queue: { search_path: 'bullmq' },
};

/**
 * Creates the database and its roles as the server's administrator; safe to run again: passwords are set anew, and what
 * row level security would not hold is taken from roles that were given it meanwhile.
 * @param adminUrl a superuser's URL, or one of a role that may create roles and databases
 */
export async function createDatabaseAndRoles(adminUrl: string, options: DatabaseOptions): Promise<void> {
  await asAdmin(adminUrl, async client => {
    // Roles belong to the whole server: two runs at once would collide on the catalogue's rows.
    await client.query(`select pg_advisory_lock(hashtext('pagekeeper.roles'))`);
    for (const [key, role] of Object.entries(loginRoles)) {
      await createRole(client, role, `login password ${literal(options.passwords[key as keyof RolePasswords])}`);
    }
    await createRole(client, 'pagekeeper_router', 'nologin');
    await client.query('grant pagekeeper_router to pagekeeper_owner');
    for (const role of [loginRoles.app, loginRoles.auth, loginRoles.queue]) await endMemberships(client, role);
    for (const [role, settings] of Object.entries(roleSettings)) {
      for (const [name, value] of Object.entries(settings)) {
        await client.query(`alter role ${role} set ${name} = ${literal(value)}`);
      }
    }
    await withRoles(client, async () => {
      await createDatabase(client, options.database);
      await asAdmin(withDatabase(adminUrl, options.database), inside => inside.query(databaseGrants(options.database)));
    });
  });
}

/** The URL of each role, on the administrator's server. */
export function roleUrls(adminUrl: string, options: DatabaseOptions): RoleUrls {
  const urlOf = (key: keyof RolePasswords) => {
    const url = new URL(withDatabase(adminUrl, options.database));
    url.username = loginRoles[key];
    url.password = options.passwords[key];
    return url.href;
  };
  return { app: urlOf('app'), owner: urlOf('owner'), auth: urlOf('auth'), queue: urlOf('queue') };
}

/** The same server's URL with another database. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function asAdmin(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** What a new role lacks, by its column in `pg_roles`. None of ours has any of it. */
const withoutPowers: Record<string, string> = {
  rolsuper: 'nosuperuser',
  rolbypassrls: 'nobypassrls',
  rolcreatedb: 'nocreatedb',
  rolcreaterole: 'nocreaterole',
  rolreplication: 'noreplication',
};

/** `options` after CREATE and after ALTER ROLE alike. */
async function createRole(client: pg.Client, role: string, options: string): Promise<void> {
  const { rows } = await client.query('select * from pg_roles where rolname = $1', [role]);
  const [found] = rows;
  await client.query(`${found ? 'alter' : 'create'} role ${role} ${options}`);
  // Those that it has: the words of the others are not every administrator's to write.
  const words = Object.entries(withoutPowers).flatMap(([column, word]) => (found?.[column] ? [word] : []));
  if (words.length > 0) await client.query(`alter role ${role} ${words.join(' ')}`);
}

/** Takes a role out of every one that a process must not be a member of, whoever let it in. */
async function endMemberships(client: pg.Client, role: string): Promise<void> {
  const { rows } = await client.query(
    `select held.rolname as name, granter.rolname as granter
     from pg_auth_members m join pg_roles held on held.oid = m.roleid left join pg_roles granter on granter.oid = m.grantor
     where m.member = $1::regrole and exists (select from pg_roles other
       where pg_has_role(held.oid, other.oid, 'member') and ${isPowerful('other')})`,
    [role],
  );
  for (const { name, granter } of rows) {
    const by = granter === null ? '' : `granted by ${identifier(granter)}`;
    await client.query(`revoke ${identifier(name)} from ${role} ${by} cascade`);
  }
}

/**
 * A superuser may give a database or a schema to anybody, everybody else only to roles that they are in. From PostgreSQL 16
 * who makes a role may let others in, and is not in it: lent for the moment.
 */
async function withRoles(client: pg.Client, work: () => Promise<void>): Promise<void> {
  const { rows } = await client.query(
    `select rolname as name from pg_roles where rolname = any($1) and not pg_has_role(oid, 'usage')`,
    [[loginRoles.owner, loginRoles.queue, 'pagekeeper_router']],
  );
  if (rows.length === 0) return await work();
  const roles = rows.map(({ name }) => identifier(name)).join(', ');
  await client.query(`grant ${roles} to current_user`);
  try {
    await work();
  } finally {
    await client.query(`revoke ${roles} from current_user`);
  }
}

async function createDatabase(client: pg.Client, database: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
  if (!rowCount) await client.query(`create database ${identifier(database)} owner pagekeeper_owner`);
}

const databaseGrants = (database: string) => `
  revoke all on database ${identifier(database)} from public;
  grant connect on database ${identifier(database)} to pagekeeper_owner, pagekeeper_app, pagekeeper_auth, pagekeeper_queue;
  revoke all on schema public from public;
  alter schema public owner to pagekeeper_owner;
  create schema if not exists bullmq authorization pagekeeper_queue;
  create schema if not exists router authorization pagekeeper_router;
`;

const literal = (text: string) => pg.escapeLiteral(text);
const identifier = (text: string) => pg.escapeIdentifier(text);
