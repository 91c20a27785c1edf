import { createTestDatabase, type TestDatabase } from '@pagekeeper/testing/database';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { currentOrganization } from '../src/database/tenant-table.ts';
import { sealedColumns } from '../src/keys/sealed-columns.ts';
import { erasable, erasedLast } from '../src/purges/erasure.ts';

/** Tables without a tenant, each with the reason. Nothing else may lack `organization_id`. */
const globalTables: Record<string, string> = {
  'app.clock': 'business time is one for the system',
  'auth.users': 'a person belongs to several organizations; row level security shows them to those who share one',
  'auth.sessions': 'a session is a person’s; only pagekeeper_auth sees it, and the router when it ended',
  'auth.accounts': 'a password is a person’s; only pagekeeper_auth sees it',
  'auth.two_factors': 'a second factor is a person’s; only pagekeeper_auth sees it',
  'auth.verifications': 'made before a person exists; only pagekeeper_auth sees it',
  'public.organizations': 'the tenant itself: its id is what organization_id means elsewhere',
  'public.personal_idempotency_keys': 'what a person does outside of any organization; row level security by person',
  'public.organization_purges': 'outlives the organization that it erases; row level security by person',
  'public.system_keys': 'the system’s own wrapped keys',
  'public.key_rotations': 'data keys of all organizations are replaced together; it says since when',
  'public.data_deletions': 'Facebook asks for a person, whatever organizations they connected pages to',
  'public.app_pauses': 'our app at Facebook is one for all tenants',
  'public.migrations': 'knex’s list',
  'public.migrations_lock': 'knex’s lock',
};

/** Uniqueness beyond the tenant, each with the reason. */
const globallyUnique: Record<string, string> = {
  page_claims_pkey: 'one claim per page in the whole system, made only with a live token',
  api_keys_secret: 'looked up before a tenant is known; a hash of 256 random bits tells nobody anything',
};

/** What the router may do past the tenant policy, save erasing what a purge was asked for (`router_purges`). */
const routerPolicies: Record<string, string> = {
  'organizations.router_reads': 'doors and "my organizations"',
  'organization_memberships.router_reads': 'doors',
  'organization_keys.router_reads': 'wrapped keys for the inbox',
  'businesses.router_reads': 'routes and due checks, of active businesses only',
  'integrations.router_reads': 'routes and due checks, of active integrations only',
  'facebook_page_integrations.router_reads': 'due checks',
  'facebook_page_integrations.router_writes': 'made due, taken over, or without a token that was to be deleted',
  'facebook_logins.router_reads': 'all logins of one Facebook person, by a keyed hash; ids, to erase by',
  'facebook_logins.router_revokes': 'a person removed the app',
  'facebook_connections.router_reads': 'ways through the dialog that have ended',
  'page_claims.router_reads': 'routes',
  'page_claims.router_moves': 'a page taken over',
  'webhook_events.router_reads': 'pending integrations, conflicts',
  'webhook_events.router_inserts': 'the inbox',
  'notifications.router_reads': 'who has something to be told',
  'users.router_reads': 'who is staff',
  'staff_entries.router_reads': 'the door for staff',
  'invitations.router_reads': 'the door for who holds an invitation; unsent e-mails',
  'invitations.router_forgets': 'the address of who leaves for good',
  'api_keys.router_reads': 'the door for programs',
  'api_keys.router_notes_use': 'last_used_at, and no other column',
  'idempotency_keys.router_reads': 'age of stored answers',
  'idempotency_keys.router_forgets': 'stored answers leave after a day',
  'personal_idempotency_keys.router_reads': 'age of stored answers',
  'page_unsubscriptions.router_reads': 'pages to leave: ids and when',
  'organization_purges.router_reads': 'what to erase',
  'organization_purges.router_works': 'lease and progress',
  'audit_events.router_reads': 'ids, to erase by; which lines have the address of who leaves for good',
  'audit_events.router_forgets': 'the address of who leaves for good, and nothing else',
  'threads.router_reads': 'hashes, to erase by',
  'replies.router_reads': 'ids, to erase by; age, and whether there are words',
  'replies.router_forgets': 'words leave with the events',
  'personal_idempotency_keys.router_forgets': 'stored answers leave after a day',
};

/** Functions that run with their owner's rights, each with the reason. */
const definerFunctions: Record<string, string> = {
  'router.enter': 'the door for people',
  'router.enter_job': 'the door for jobs',
  'router.enter_key': 'the door for programs',
  'router.enter_invitation': 'the door for who holds an invitation',
  'router.is_staff': 'a policy of people cannot read people itself',
  'router.enter_as_staff': 'the door through which staff come in for an hour',
  'router.staff_event_counts': 'for staff: how many of all tenants, bounded',
  'router.staff_organizations': 'for staff: names, and nothing of what is in them',
  'router.due_unsubscriptions': 'across tenants, ids only',
  'router.running_purges': 'across tenants, ids only',
  'router.lease_purge': 'a purge works where no door leads any more',
  'router.renew_purge': 'the same',
  'router.release_purge': 'the same',
  'router.finish_purge': 'the same',
  'router.erase_rows': 'the same; its policies allow it for the organization of a running purge only',
  'router.erase_organization': 'the same',
  'router.unsent_invitations': 'across tenants, ids only',
  'router.unsent_notifications': 'across tenants, ids only',
  'router.ended_connections': 'across tenants, ids only',
  'router.take_over_page': 'one step on a claim between two tenants',
  'router.moved_pages': 'across tenants, ids only',
  'router.recheck_person': 'across tenants, ids only',
  'router.revoke_person': 'across tenants, ids only',
  'router.note_key_use': 'across tenants, one column',
  'router.forget_answers': 'across tenants, by age',
  'router.forget_sessions': 'of people, by age',
  'router.forget_address': 'across tenants, of who leaves for good',
  'router.keep_an_owner': 'a trigger that must see all owners, whoever removes one',
  'router.my_organizations': 'asked before a tenant is known',
  'router.route_pages': 'asked before a tenant is known',
  'router.insert_webhook_events': 'one insert for many tenants',
  'router.due_logins': 'across tenants, ids only',
  'router.pending_integrations': 'across tenants, ids only',
  'router.revived_pages': 'across tenants, ids only',
  'router.key_encryption_keys_in_use': 'across tenants, key names only',
  'router.organizations_with_keys': 'across tenants, ids only',
  'router.page_statuses': 'for metrics: across tenants, counts only',
  'router.late_checks': 'for metrics: across tenants, a count and an age',
  'router.waiting_events': 'for metrics: across tenants, counts and ages',
  'router.app_pause': 'for metrics: of our app',
  'router.data_key_age': 'for metrics: across tenants, an age',
  'router.forget_reply_words': 'across tenants, by age',
  'app.make_event_partitions': 'only an owner makes tables',
  'app.drop_event_partitions': 'only an owner drops tables',
  'app.forget_events': 'across tenants, by age',
};

/** Who calls a definer function, where that is not the app. */
const callers: Record<string, string> = {
  'router.forget_address': 'pagekeeper_auth',
};

/** Bytes that no data key sealed, beside hashes, each with the reason. */
const notSealed: Record<string, string> = {
  wrapped: 'a data key itself',
  fingerprint: 'a hash of a request',
};

let database: TestDatabase;
let admin: pg.Client;
const rows = async (sql: string): Promise<any[]> => (await admin.query(sql)).rows;

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});

afterAll(async () => {
  await admin.end();
  await database.drop();
});

const ours = `('public', 'auth', 'app', 'partitions', 'router')`;

/** Tables with a tenant: those with the column, and organizations. */
const tenantTables = async (): Promise<{ name: string; column: string }[]> => {
  const found = await rows(`
    select c.oid, n.nspname || '.' || c.relname as name, 'organization_id' as column
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
    where c.relkind in ('r', 'p') and n.nspname in ${ours} and n.nspname <> 'partitions'`);
  return [...found, { name: 'public.organizations', column: 'id' }];
};

describe('every table with a tenant', () => {
  it('is one, or stands on the list of global tables with a reason', async () => {
    const tables = await rows(`
      select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'm', 'v', 'f') and n.nspname in ${ours} and n.nspname <> 'partitions'`);
    const withTenant = new Set((await tenantTables()).map(({ name }) => name));
    const without = tables.map(({ name }) => name).filter(name => !withTenant.has(name));
    const expected = Object.keys(globalTables).filter(name => name !== 'public.organizations');
    expect(without.sort()).toEqual(expected.sort());
  });

  it('has row level security, forced, and one policy for everything that says exactly the canonical words', async () => {
    const canonical = await canonicalExpression();
    for (const { name, column } of await tenantTables()) {
      const [table] = await rows(
        `select relrowsecurity, relforcerowsecurity from pg_class where oid = '${name}'::regclass`,
      );
      expect(table, name).toEqual({ relrowsecurity: true, relforcerowsecurity: true });
      const policies = await rows(`
        select polname, polcmd, polroles::regrole[]::text as roles,
          pg_get_expr(polqual, polrelid) as using_, pg_get_expr(polwithcheck, polrelid) as check_
        from pg_policy where polrelid = '${name}'::regclass and 'pagekeeper_app'::regrole = any (polroles)`);
      const expression = canonical.replace('organization_id', column);
      const policy = {
        polname: 'tenant',
        polcmd: '*',
        roles: '{pagekeeper_app}',
        using_: expression,
        check_: expression,
      };
      expect(policies, name).toEqual([policy]);
    }
  });

  it('has organization_id not null, leading its primary key and every unique index', async () => {
    for (const { name, column } of await tenantTables()) {
      const [attribute] = await rows(
        `select attnotnull from pg_attribute where attrelid = '${name}'::regclass and attname = '${column}'`,
      );
      expect(attribute.attnotnull, name).toBe(true);
      if (column === 'id') continue;
      const unique = await rows(`
        select i.indexrelid::regclass::text as index, a.attname as first
        from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indrelid = '${name}'::regclass and i.indisunique`);
      expect(unique.length, name).toBeGreaterThan(0);
      for (const { index, first } of unique) {
        if (!(index in globallyUnique)) expect(first, `${name}: ${index}`).toBe('organization_id');
      }
    }
  });

  it('has an index that leads with organization_id', async () => {
    for (const { name, column } of await tenantTables()) {
      const leading = await rows(`
        select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indrelid = '${name}'::regclass and a.attname = '${column}'`);
      expect(leading.length, name).toBeGreaterThan(0);
    }
  });

  it('refers to other tenants’ tables only through organization_id on both sides', async () => {
    const names = new Set((await tenantTables()).map(({ name }) => name));
    const keys = await rows(`
      select conname, n1.nspname || '.' || c1.relname as from_, n2.nspname || '.' || c2.relname as to_,
        (select array_agg(a.attname::text order by k.ord) from unnest(conkey) with ordinality k (num, ord)
          join pg_attribute a on a.attrelid = conrelid and a.attnum = k.num) as columns,
        (select array_agg(a.attname::text order by k.ord) from unnest(confkey) with ordinality k (num, ord)
          join pg_attribute a on a.attrelid = confrelid and a.attnum = k.num) as targets
      from pg_constraint
      join pg_class c1 on c1.oid = conrelid join pg_namespace n1 on n1.oid = c1.relnamespace
      join pg_class c2 on c2.oid = confrelid join pg_namespace n2 on n2.oid = c2.relnamespace
      where contype = 'f'`);
    expect(keys.length).toBeGreaterThan(10);
    for (const { conname, from_, to_, columns, targets } of keys) {
      if (!names.has(from_) || !names.has(to_)) continue;
      expect(columns[0], conname).toBe('organization_id');
      expect(targets[0], conname).toBe(to_ === 'public.organizations' ? 'id' : 'organization_id');
    }
  });

  it('does not let the app role move a row to another tenant, truncate, or define triggers and references', async () => {
    for (const { name, column } of await tenantTables()) {
      const [may] = await rows(`select
        has_column_privilege('pagekeeper_app', '${name}', '${column}', 'update') as move,
        has_table_privilege('pagekeeper_app', '${name}', 'truncate') as truncate,
        has_table_privilege('pagekeeper_app', '${name}', 'references') as refer,
        has_table_privilege('pagekeeper_app', '${name}', 'trigger') as trigger`);
      expect(may, name).toEqual({ move: false, truncate: false, refer: false, trigger: false });
    }
  });
});

describe('a rotation of keys', () => {
  it('knows every sealed column: list a new one in keys/sealed-columns.ts (static sealedColumns of its model)', async () => {
    const names = (await tenantTables()).map(({ name }) => name);
    const columns = await rows(`
      select n.nspname || '.' || c.relname as table, a.attname as column
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      where a.atttypid = 'bytea'::regtype and c.relkind in ('r', 'p') and not a.attisdropped`);
    const sealed = columns
      .filter(({ table, column }) => names.includes(table) && !column.endsWith('_hash') && !(column in notSealed))
      .map(({ table, column }) => `${table}.${column}`);
    expect(sealed.sort()).toEqual(sealedColumns.map(({ table, column }) => `public.${table}.${column}`).sort());
  });
});

describe('a purge', () => {
  it('knows every table with a tenant: list a new one in purges/erasure.ts, and make it purgeable in its migration', async () => {
    const tables = (await tenantTables()).map(({ name }) => name.replace('public.', ''));
    const known = [...erasable.map(({ table }) => table), ...erasedLast];
    expect(known.filter(table => table !== 'personal_idempotency_keys').sort()).toEqual(tables.sort());
  });

  it('may erase from each of them, and only rows of an organization whose purge is running', async () => {
    const tables = [...erasable, ...erasedLast.map(table => ({ table, tenantColumn: undefined }))];
    for (const { table, tenantColumn } of tables) {
      const column = tenantColumn ?? (table === 'organizations' ? 'id' : 'organization_id');
      const policies = await rows(`
        select polcmd, polroles::regrole[]::text as roles, pg_get_expr(polqual, polrelid) as using_
        from pg_policy where polrelid = 'public.${table}'::regclass and polname = 'router_purges'`);
      const running = `SELECT organization_purges.organization FROM organization_purges
        WHERE (organization_purges.finished_at IS NULL)`;
      expect(policies, table).toHaveLength(1);
      expect(policies[0], table).toMatchObject({ polcmd: 'd', roles: '{pagekeeper_router}' });
      expect(oneLine(policies[0].using_), table).toBe(oneLine(`(${column} IN ( ${running}))`));
      const [may] = await rows(`select has_table_privilege('pagekeeper_router', 'public.${table}', 'delete') as erase`);
      expect(may.erase, table).toBe(true);
    }
  });

  it('is all that erases: nobody else deletes from the audit log, from data keys or from organizations', async () => {
    const deleting = await rows(`
      select p.polname, c.relname from pg_policy p join pg_class c on c.oid = p.polrelid
      where p.polcmd = 'd' and p.polname not in ('router_purges', 'router_forgets')`);
    expect(deleting).toEqual([]);
    for (const table of ['audit_events', 'organization_keys', 'organizations', 'organization_memberships']) {
      const [may] = await rows(`select has_table_privilege('pagekeeper_app', '${table}', 'delete') as delete`);
      expect(may.delete, table).toBe(false);
    }
  });
});

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

describe('nobody passes by', () => {
  it('no role of ours is a superuser, passes by row security, or can create roles or databases', async () => {
    const roles = await rows(`
      select rolname from pg_roles where rolname like 'pagekeeper\\_%'
        and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)`);
    expect(roles).toEqual([]);
  });

  it('the app, auth and queue roles own no table of ours and are members of nothing', async () => {
    const owned = await rows(`
      select c.oid::regclass::text as name, pg_get_userbyid(c.relowner) as owner from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ${ours} and pg_get_userbyid(c.relowner) in ('pagekeeper_app', 'pagekeeper_auth', 'pagekeeper_queue')`);
    expect(owned).toEqual([]);
    const memberships = await rows(`
      select r.rolname from pg_auth_members m join pg_roles r on r.oid = m.member
      where r.rolname in ('pagekeeper_app', 'pagekeeper_auth', 'pagekeeper_queue', 'pagekeeper_router')`);
    expect(memberships).toEqual([]);
  });

  it('the router cannot log in, and its policies are exactly those on the list', async () => {
    const [router] = await rows(`select rolcanlogin from pg_roles where rolname = 'pagekeeper_router'`);
    expect(router.rolcanlogin).toBe(false);
    const policies = await rows(`
      select c.relname || '.' || p.polname as name from pg_policy p join pg_class c on c.oid = p.polrelid
      where 'pagekeeper_router'::regrole = any (p.polroles) and p.polname <> 'router_purges'`);
    expect(policies.map(({ name }) => name).sort()).toEqual(Object.keys(routerPolicies).sort());
  });

  it('no policy is for everybody', async () => {
    expect(await rows(`select polname from pg_policy where 0 = any (polroles)`)).toEqual([]);
  });

  it('the router never reads a sealed column, nor an address but that of an invitation', async () => {
    const readable = await rows(`
      select table_name || '.' || column_name as name from information_schema.column_privileges
      where grantee = 'pagekeeper_router' and privilege_type = 'SELECT'`);
    const names = readable.map(({ name }) => name);
    // That two organizations have the same Facebook person is what the router looks up, and tells nobody.
    expect(names.filter(name => name.endsWith('.person_hash'))).toEqual(['facebook_logins.person_hash']);
    // It is compared with that of who leaves for good, and shown to nobody.
    expect(names.filter(name => name.endsWith('.email'))).toEqual(['invitations.email']);
    for (const secret of ['access_token', 'page_access_token', 'payload']) {
      expect(
        names.filter(name => name.endsWith(`.${secret}`)),
        secret,
      ).toEqual([]);
    }
  });

  it('functions with their owner’s rights are exactly those on the list, with a fixed search path, for one role alone', async () => {
    const functions = await rows(`
      select n.nspname || '.' || p.proname as name, pg_get_userbyid(p.proowner) as owner, p.proconfig as config,
        coalesce((select array_agg(a.grantee::regrole::text order by 1) from aclexplode(p.proacl) a
          where a.grantee <> p.proowner), '{}') as grantees
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema', 'bullmq')`);
    expect(functions.map(({ name }) => name).sort()).toEqual(Object.keys(definerFunctions).sort());
    for (const { name, owner, config: all, grantees } of functions) {
      // How a plan is chosen and which zone days are reckoned in give nobody rights.
      const config = all?.filter((setting: string) => !/^(enable_\w+|TimeZone)=/.test(setting));
      expect({ owner, config, grantees }, name).toEqual({
        owner: name.startsWith('router.') ? 'pagekeeper_router' : 'pagekeeper_owner',
        config: ['search_path=""'],
        grantees: [callers[name] ?? 'pagekeeper_app'],
      });
    }
  });

  it('partitions are out of reach and show nothing', async () => {
    const [schema] = await rows(`select
      has_schema_privilege('pagekeeper_app', 'partitions', 'usage') as app,
      has_schema_privilege('pagekeeper_router', 'partitions', 'usage') as router`);
    expect(schema).toEqual({ app: false, router: false });
    const open = await rows(`
      select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'partitions' and c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity)`);
    expect(open).toEqual([]);
  });

  it('the audit log can only grow', async () => {
    const [may] = await rows(`select
      has_table_privilege('pagekeeper_app', 'audit_events', 'insert') as insert,
      has_any_column_privilege('pagekeeper_app', 'audit_events', 'update') as update,
      has_table_privilege('pagekeeper_app', 'audit_events', 'delete') as delete`);
    expect(may).toEqual({ insert: true, update: false, delete: false });
    const changing = await rows(`
      select grantee, column_name from information_schema.column_privileges
      where table_name = 'audit_events' and privilege_type = 'UPDATE' and grantee <> 'pagekeeper_owner'`);
    expect(changing).toEqual([{ grantee: 'pagekeeper_router', column_name: 'changes' }]);
  });
});

// The canonical policy as this server prints it: made once on a scratch table.
async function canonicalExpression(): Promise<string> {
  await admin.query('create temp table scratch (organization_id uuid)');
  await admin.query(`create policy scratch on scratch using (organization_id = ${currentOrganization})`);
  const [{ text }] = await rows(
    `select pg_get_expr(polqual, polrelid) as text from pg_policy where polrelid = 'scratch'::regclass`,
  );
  await admin.query('drop table scratch');
  return text;
}
