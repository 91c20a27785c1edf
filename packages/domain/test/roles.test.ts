import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { withClient } from '@pagekeeper/testing/database/template';
import { type RunningPostgres, startPostgres } from '@pagekeeper/testing/postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { checkBoot } from '../src/boot-checks.ts';
import { closeDatabase, openDatabase } from '../src/database/database.ts';
import { examineServer } from '../src/database/examine-server.ts';
import { migrateToLatest } from '../src/database/migrate.ts';
import { createDatabaseAndRoles, type RoleUrls, roleUrls } from '../src/database/roles.ts';

/** Of its own: roles belong to the whole server, and other tests log in by them. */
let server: RunningPostgres;
let urls: RoleUrls;

const password = () => randomBytes(12).toString('hex');
const options = {
  database: 'pagekeeper',
  passwords: { owner: password(), app: password(), auth: password(), queue: password() },
};
const sql = async (...statements: string[]) =>
  await withClient(server.adminUrl, async client => {
    for (const statement of statements) await client.query(statement);
  });
const makeRoles = () => createDatabaseAndRoles(server.adminUrl, options);
const powers = async () =>
  Object.fromEntries(
    await Promise.all(
      (['app', 'auth', 'queue'] as const).map(async role => [role, (await examineServer(urls[role])).power]),
    ),
  );
const none = { app: null, auth: null, queue: null };

beforeAll(async () => {
  server = await startPostgres({ dataDirectory: join(inject('servers').folder, `roles-${process.pid}`) });
  urls = roleUrls(server.adminUrl, options);
  await makeRoles();
}, 60_000);

afterAll(() => server?.stop());

it('roles begin with no power over row level security', async () => {
  expect(await powers()).toEqual(none);
});

it('what an administrator gave them is taken away when they are made again', async () => {
  await sql(
    'alter role pagekeeper_app createrole createdb',
    'alter role pagekeeper_auth replication',
    'alter role pagekeeper_queue bypassrls',
  );
  expect(await powers()).toEqual({ app: 'has CREATEROLE', auth: 'has REPLICATION', queue: 'has BYPASSRLS' });
  await makeRoles();
  expect(await powers()).toEqual(none);
});

it('so are memberships in the owner and the router, whoever let them in and through whatever other role', async () => {
  await sql(
    'create role deputy',
    'grant pagekeeper_owner to deputy with admin option',
    'set role deputy',
    'grant pagekeeper_owner to pagekeeper_app',
    'reset role',
    'create role between',
    'grant pagekeeper_router to between',
    'grant between to pagekeeper_auth with admin option',
    'set role pagekeeper_auth',
    'grant between to pagekeeper_queue',
  );
  expect(await powers()).toEqual({
    app: 'is a member of pagekeeper_owner',
    auth: 'is a member of pagekeeper_router',
    queue: 'is a member of pagekeeper_router',
  });
  await makeRoles();
  expect(await powers()).toEqual(none);
});

it('other memberships stay, and the owner can still give functions to the router', async () => {
  await sql('create role may_sign_in_by_certificate', 'grant may_sign_in_by_certificate to pagekeeper_app');
  await makeRoles();
  await withClient(server.adminUrl, async client => {
    const { rows } = await client.query(
      `select pg_has_role('pagekeeper_app', 'may_sign_in_by_certificate', 'member') as app,
         pg_has_role('pagekeeper_owner', 'pagekeeper_router', 'member') as owner`,
    );
    expect(rows).toEqual([{ app: true, owner: true }]);
  });
});

describe('an administrator who is no superuser, as of a managed server', () => {
  let managed: RunningPostgres;
  let adminUrl: string;
  const ask = async (url: string, text: string) => (await withClient(url, client => client.query(text))).rows;

  beforeAll(async () => {
    managed = await startPostgres({ dataDirectory: join(inject('servers').folder, `managed-${process.pid}`) });
    const secret = password();
    await ask(managed.adminUrl, `create role manager login createrole createdb password '${secret}'`);
    adminUrl = Object.assign(new URL(managed.adminUrl), { username: 'manager', password: secret }).href;
  }, 60_000);

  afterAll(() => managed?.stop());

  it('makes the database and its roles, again too, and is in none of them afterwards', async () => {
    for (const _ of ['once', 'again']) await createDatabaseAndRoles(adminUrl, options);
    const memberships = await ask(
      adminUrl,
      `select rolname from pg_roles where starts_with(rolname, 'pagekeeper_') and pg_has_role('manager', oid, 'usage')`,
    );
    expect(memberships).toEqual([]);
    const owners = await ask(
      roleUrls(adminUrl, options).owner,
      `select nspname as schema, nspowner::regrole::text as owner from pg_namespace
       where nspname in ('public', 'bullmq', 'router') order by 1`,
    );
    expect(owners).toEqual([
      { schema: 'bullmq', owner: 'pagekeeper_queue' },
      { schema: 'public', owner: 'pagekeeper_owner' },
      { schema: 'router', owner: 'pagekeeper_router' },
    ]);
  });

  it('has what our processes start on, once the owner migrated', { timeout: 60_000 }, async () => {
    const { owner, app, auth, queue } = roleUrls(adminUrl, options);
    expect(await migrateToLatest({ ownerUrl: owner, queueUrl: queue })).not.toEqual([]);
    const database = openDatabase({ url: app });
    try {
      await checkBoot({
        database,
        urls: { DATABASE_URL: app, AUTH_DATABASE_URL: auth, QUEUE_DATABASE_URL: queue },
        production: true,
      });
    } finally {
      await closeDatabase(database);
    }
  });
});
