import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { withClient } from '@pagekeeper/testing/database/template';
import { type RunningPostgres, startPostgres } from '@pagekeeper/testing/postgres';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { examineServer } from '../src/database/examine-server.ts';
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
