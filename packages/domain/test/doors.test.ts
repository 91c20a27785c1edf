import { randomBytes } from 'node:crypto';
import { createLog } from '@pagekeeper/runtime/log';
import { createTestDatabase, type TestDatabase } from '@pagekeeper/testing/database';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBoot } from '../src/boot-checks.ts';
import { Business } from '../src/businesses/business.ts';
import { createBusiness } from '../src/businesses/create-business.ts';
import type { Context, Services } from '../src/context.ts';
import { closeDatabase, type Database, knexOf, openDatabase } from '../src/database/database.ts';
import { isSound } from '../src/database/examine-server.ts';
import { newId, parsePublicId, type Uuid } from '../src/ids.ts';
import { addMember } from '../src/members/add-member.ts';
import { createOrganization } from '../src/organizations/create-organization.ts';
import { listBusinesses } from '../src/overview/list-businesses.ts';
import type { UserActor } from '../src/tenancy/actor.ts';
import { withTenant, withUser } from '../src/tenancy/doors.ts';
import { parseKeyRing } from '../src/vault/key-ring.ts';
import { openVault } from '../src/vault/open-vault.ts';

let test: TestDatabase;
let admin: pg.Pool;
/** Two connections: whatever leaks from one borrower to the next shows at once. */
let database: Database;
let services: Services;
const ring = parseKeyRing(`k1:${randomBytes(32).toString('base64')}`);

beforeAll(async () => {
  test = await createTestDatabase();
  admin = new pg.Pool({ connectionString: test.adminUrl });
  admin.on('error', () => {});
  database = openDatabase({ url: test.urls.app, maxConnections: 2 });
  const log = createLog({ name: 'test', level: 'silent' });
  // No verb here calls Facebook or the queue: a call would fail on undefined.
  services = { database, vault: await openVault(database, ring), log } as Services;
});

afterAll(async () => {
  await closeDatabase(database);
  await admin.end();
  await test.drop();
});

async function person(name: string): Promise<Context<UserActor>> {
  const userId = newId();
  await admin.query('insert into auth.users (id, name, email) values ($1, $2, $3)', [
    userId,
    name,
    `${userId}@x.example`,
  ]);
  return { ...services, actor: { type: 'user', userId }, requestId: 'test' };
}

async function tenant(name: string): Promise<{ ctx: Context<UserActor>; organization: string; uuid: Uuid }> {
  const ctx = await person(name);
  const { id } = (await createOrganization(ctx, { name })).value();
  await createBusiness(ctx, { organization: id, name: `${name} shop`, description: '' });
  return { ctx, organization: id, uuid: parsePublicId('organization', id)! };
}

describe('a door', () => {
  it('goes on when a migration changes a table under its prepared statements', async () => {
    const { ctx, organization } = await tenant('Door Migrated');
    const read = async () => {
      const listed = (await listBusinesses(ctx, { organization, limit: 25, active: 'true', include: [] })).value().data;
      const found = await withTenant(ctx, { organization, readOnly: true }, tx => Business.query(tx));
      return [listed.length, found.length];
    };
    for (let round = 0; round < 4; round += 1) expect(await read()).toEqual([1, 1]);
    await admin.query('alter table businesses add column extra text');
    try {
      for (let round = 0; round < 4; round += 1) expect(await read()).toEqual([1, 1]);
    } finally {
      await admin.query('alter table businesses drop column extra');
    }
    for (let round = 0; round < 4; round += 1) expect(await read()).toEqual([1, 1]);
  });

  it('does its work again after a deadlock', async () => {
    const { ctx, organization } = await tenant('Door Deadlock');
    let tries = 0;
    const twice = (first: number, second: number) =>
      withTenant(ctx, { organization }, async tx => {
        await tx.raw('select pg_advisory_xact_lock(?)', [first]);
        tries += 1;
        await expect.poll(() => tries).toBeGreaterThan(1);
        await tx.raw('select pg_advisory_xact_lock(?)', [second]);
        return 'done';
      });
    expect(await Promise.all([twice(7001, 7002), twice(7002, 7001)])).toEqual(['done', 'done']);
    expect(tries).toBe(3);
  });

  it('is the only way to a query: without a transaction it does not compile, and does not run', async () => {
    // @ts-expect-error a model takes a TenantTx and nothing else
    await expect(Promise.resolve(Business.query())).rejects.toThrow();
    // @ts-expect-error nor the bare knex
    const bare = () => Business.query(knexOf(database));
    expect(bare).toThrow();
  });

  it('shows a member their tenant, by id and by slug, and nobody else’s', async () => {
    const acme = await tenant('Door Acme');
    const rival = await tenant('Door Rival');
    for (const organization of [acme.organization, 'door-acme']) {
      const names = await withTenant(acme.ctx, { organization }, async tx =>
        (await Business.query(tx)).map(b => b.name),
      );
      expect(names).toEqual(['Door Acme shop']);
    }
    for (const organization of [
      acme.organization,
      'door-acme',
      'no-such',
      'org_nonsense',
      `'; drop table businesses; --`,
    ]) {
      const entered = withTenant(rival.ctx, { organization }, async () => 'inside');
      await expect(entered, organization).rejects.toMatchObject({
        code: 'not_found',
        message: 'No such organization.',
      });
    }
  });

  it('refuses writes in a read-only transaction', async () => {
    const { ctx, organization } = await tenant('Reader');
    const write = withTenant(ctx, { organization, readOnly: true }, tx =>
      Business.query(tx).patch({ name: 'changed' }),
    );
    await expect(write).rejects.toMatchObject({ nativeError: { code: '25006' } });
  });

  it('rolls back and says so when a failed statement was swallowed', async () => {
    const { ctx, organization } = await tenant('Swallower');
    const swallowed = withTenant(ctx, { organization }, async tx => {
      await Business.query(tx).patch({ name: 'half' });
      await tx.raw('select 1 / 0').catch(() => {});
    });
    await expect(swallowed).rejects.toThrow(/rolled back/);
    const names = await withTenant(ctx, { organization }, async tx => (await Business.query(tx)).map(b => b.name));
    expect(names).toEqual(['Swallower shop']);
  });

  it('leaves nothing on the connection for the next borrower, whatever happens inside', async () => {
    const tenants = await Promise.all(['One', 'Two', 'Three'].map(tenant));
    const failures = [undefined, /No such organization/, /aborted/, /division by zero/, /statement timeout/];
    const run = async (round: number) => {
      const { ctx, organization, uuid } = tenants[round % 3]!;
      const kind = round % 5;
      const outcome = withTenant(kind === 1 ? tenants[(round + 1) % 3]!.ctx : ctx, { organization }, async tx => {
        if (kind === 2) throw new Error('aborted');
        if (kind === 3) await tx.raw('select 1 / 0');
        if (kind === 4) {
          await tx.raw(`set local statement_timeout = '1ms'`);
          await tx.raw('select pg_sleep(1)');
        }
        return (await Business.query(tx)).map(business => business.organization_id);
      });
      if (failures[kind]) await expect(outcome).rejects.toThrow(failures[kind]);
      else expect(await outcome).toEqual([uuid]);
    };
    // A few at a time: nobody waits long for one of the two connections.
    for (let wave = 0; wave < 300; wave += 30) {
      await Promise.all(Array.from({ length: 30 }, (_, index) => run(wave + index)));
    }
    for (let connection = 0; connection < 4; connection += 1) {
      const { rows } = await knexOf(database).raw(`select current_setting('app.organization_id', true) as tenant`);
      expect(rows[0].tenant ?? '').toBe('');
    }
  });
});

describe('without a door', () => {
  it('the app role sees no row and inserts none, in any tenant table', async () => {
    await tenant('Hidden');
    const tables = (
      await admin.query(`select distinct table_name from information_schema.columns
        where column_name = 'organization_id' and table_schema = 'public'`)
    ).rows.map(row => row.table_name);
    expect(tables.length).toBeGreaterThan(8);
    for (const table of [...tables, 'organizations']) {
      const { rows } = await knexOf(database).raw(`select count(*)::int as count from ${table}`);
      expect(rows[0].count, table).toBe(0);
    }
    const insert = knexOf(database)('businesses').insert({
      organization_id: newId(),
      id: newId(),
      name: 'x',
      slug: 'x',
    });
    await expect(insert).rejects.toMatchObject({ code: '42501' });
  });

  it('the app role cannot reach sessions, passwords, partitions or the queue', async () => {
    const ofPeople = ['auth.sessions', 'auth.accounts', 'auth.two_factors', 'auth.verifications'];
    for (const table of [...ofPeople, 'partitions.webhook_events_default', 'bullmq.job']) {
      await expect(knexOf(database).raw(`select * from ${table}`), table).rejects.toMatchObject({
        code: expect.stringMatching(/42501|42P01/),
      });
    }
  });

  it('a sealed value moved to another row or tenant by SQL does not open', async () => {
    const acme = await tenant('Sealed Acme');
    const other = await tenant('Sealed Other');
    const keys = await admin.query('select id, organization_id, kek_id, wrapped from organization_keys');
    const wrapped = keys.rows.find(row => row.organization_id === acme.uuid);
    expect(() => services.vault.unwrap({ ...wrapped, organization_id: other.uuid })).toThrow();
  });
});

describe('people', () => {
  const seenBy = (ctx: Context<UserActor>, organization: string) =>
    withTenant(ctx, { organization, readOnly: true }, async tx => {
      const { rows } = await tx.raw('select id, name, email from auth.users');
      return rows.map((row: { id: string }) => row.id).sort();
    });

  it('see each other only inside an organization that they share, and only while they do', async () => {
    const [acme, rival] = [await tenant('People Acme'), await tenant('People Rival')];
    const [ann, both] = [await person('Ann'), await person('Both')];
    const join = ({ ctx, organization }: typeof acme, { actor }: Context<UserActor>) =>
      addMember(ctx, { organization, user_id: actor.userId, role: 'MEMBER' });
    await join(acme, ann);
    await join(acme, both);
    await join(rival, both);
    const ids = (...people: Context<UserActor>[]) => people.map(({ actor }) => actor.userId).sort();
    for (const viewer of [acme.ctx, ann, both]) {
      expect(await seenBy(viewer, acme.organization)).toEqual(ids(acme.ctx, ann, both));
    }
    // Who shares two organizations with others is not what makes these see each other.
    for (const viewer of [rival.ctx, both]) {
      expect(await seenBy(viewer, rival.organization)).toEqual(ids(rival.ctx, both));
    }
    await admin.query(
      'update organization_memberships set is_active = false where organization_id = $1 and user_id = $2',
      [acme.uuid, both.actor.userId],
    );
    expect(await seenBy(ann, acme.organization)).toEqual(ids(acme.ctx, ann));
  });

  it('see and change nobody but themselves outside of any organization, and not all of that', async () => {
    const acme = await tenant('Alone Acme');
    const outside = (sql: string) =>
      withUser(acme.ctx, { readOnly: false }, async ({ raw }) => {
        const { rows, rowCount } = await raw(sql);
        return rowCount === rows.length ? rows : rowCount;
      });
    expect(await outside('select id from auth.users')).toEqual([{ id: acme.ctx.actor.userId }]);
    expect(await outside(`update auth.users set name = 'Changed'`)).toBe(1);
    for (const change of [
      `email = 'x@example.com'`,
      'email_verified = true',
      'is_staff = true',
      'id = gen_random_uuid()',
    ]) {
      await expect(outside(`update auth.users set ${change}`), change).rejects.toMatchObject({ code: '42501' });
    }
    await expect(outside('delete from auth.users')).rejects.toMatchObject({ code: '42501' });
  });
});

const boot = (options: { production: boolean }) =>
  checkBoot({ database, urls: { DATABASE_URL: test.urls.app }, ...options });

describe('a process refuses to start', () => {
  it('on releases with known holes in row level security', () => {
    expect(['15.14', '15.18', '16.10', '17.6', '18.0', '18.4', '19.1'].filter(version => !isSound(version))).toEqual(
      [],
    );
    expect(['9.6', '13.22', '14.19', '15.13', '16.9', '17.5', '17'].filter(isSound)).toEqual([]);
  });

  it('as a role that row level security does not hold', async () => {
    for (const url of [test.adminUrl, test.urls.owner]) {
      const powerful = openDatabase({ url, maxConnections: 1 });
      const urls = { DATABASE_URL: url };
      await expect(checkBoot({ database: powerful, urls, production: true })).rejects.toThrow(/would not hold/);
      await closeDatabase(powerful);
    }
    await expect(boot({ production: true })).resolves.toBeUndefined();
  });

  it('on a database of another schema', async () => {
    await admin.query(`update migrations set name = name || '_moved'`);
    await expect(boot({ production: true })).rejects.toThrow(/lacks the migration/);
    await admin.query(`update migrations set name = replace(name, '_moved', '')`);
  });

  it('with a moved clock in production, and only there', async () => {
    await admin.query(`update app.clock set clock_offset = '1 hour'`);
    await expect(boot({ production: true })).rejects.toThrow(/clock is moved/);
    await expect(boot({ production: false })).resolves.toBeUndefined();
    await admin.query(`update app.clock set clock_offset = '0'`);
  });

  it('with keys that are not this database’s, and writes nothing', async () => {
    const before = await admin.query('select name from system_keys order by name');
    const other = randomBytes(32).toString('base64');
    await expect(openVault(database, parseKeyRing(`k1:${other}`))).rejects.toThrow(/not the one/);
    await expect(openVault(database, parseKeyRing(`k2:${other}`))).rejects.toThrow(/lacks the key k1/);
    const after = await admin.query('select name from system_keys order by name');
    expect(after.rows).toEqual(before.rows);
  });
});
