import { createLog } from '@pagekeeper/runtime/log';
import { createTestDatabase, type TestDatabase } from '@pagekeeper/testing/database';
import { withClient } from '@pagekeeper/testing/database/template';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../src/context.ts';
import { closeDatabase, type Database, knexOf, openDatabase, statementThroughDoor } from '../src/database/database.ts';
import { together } from '../src/database/together.ts';
import { newId, type Uuid } from '../src/ids.ts';
import { statementInTenant, withTenant } from '../src/tenancy/doors.ts';

let test: TestDatabase;
/** One connection: what a flight leaves behind, the next one finds. */
let database: Database;
const [acme, rival, gone] = [newId(), newId(), newId()];

const asJob = (): Context => {
  const log = createLog({ name: 'test', level: 'silent' });
  return { database, log, actor: { type: 'job', job: 'test' }, requestId: 'test' } as unknown as Context;
};

const sql = <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
  withClient(test.adminUrl, async client => (await client.query(text, values)).rows);

const businesses = async (): Promise<string[]> =>
  (await sql<{ name: string }>('select name from businesses order by name')).map(({ name }) => name);

const insertBusiness = (organization: Uuid, name: string) => ({
  sql: 'insert into businesses (organization_id, id, name, slug) values ($1, $2, $3, $4) returning name',
  bindings: [organization, newId(), name, name],
});

beforeAll(async () => {
  test = await createTestDatabase();
  database = openDatabase({ url: test.urls.app, maxConnections: 1 });
  const owner = newId();
  await sql('insert into auth.users (id, name, email) values ($1, $2, $3)', [owner, 'Olga', 'olga@acme.example']);
  for (const [id, slug] of [
    [acme, 'acme'],
    [rival, 'rival'],
    [gone, 'gone'],
  ]) {
    await sql('insert into organizations (id, name, slug, is_active, owner_id) values ($1, $2, $2, $3, $4)', [
      id,
      slug,
      id !== gone,
      owner,
    ]);
  }
});

afterAll(async () => {
  await closeDatabase(database);
  await test.drop();
});

describe('a statement that travels with its door and its commit', () => {
  it('is committed, and gives its rows', async () => {
    const rows = await statementInTenant(asJob(), { organization: acme }, insertBusiness(acme, 'first'));
    expect(rows).toEqual([{ name: 'first' }]);
    expect(await businesses()).toEqual(['first']);
  });

  it('does nothing where the door refuses, or where the row is another tenant’s', async () => {
    const refused = statementInTenant(asJob(), { organization: gone }, insertBusiness(gone, 'gone'));
    await expect(refused).rejects.toMatchObject({ code: 'not_found' });
    const foreign = statementInTenant(asJob(), { organization: acme }, insertBusiness(rival, 'foreign'));
    await expect(foreign).rejects.toMatchObject({ code: '42501' });
    const seen = await statementInTenant(
      asJob(),
      { organization: rival },
      { sql: 'select * from businesses', bindings: [] },
    );
    expect([seen, await businesses()]).toEqual([[], ['first']]);
  });

  it('does nothing where not even BEGIN was run: it stands alone then, and in no tenant', async () => {
    const door = { sql: 'selec 1', entered: () => {} };
    const alone = statementThroughDoor(database, door, insertBusiness(acme, 'alone'), { readOnly: false });
    await expect(alone).rejects.toMatchObject({ code: '42601' });
    expect(await businesses()).toEqual(['first']);
  });

  it('is rolled back where a constraint that waits for the commit fails, and leaves the connection usable', async () => {
    await sql(`create function public.refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$`);
    await sql(`create constraint trigger refused after insert on businesses deferrable initially deferred
      for each row when (new.name = 'refused') execute function public.refuse()`);
    const late = statementInTenant(asJob(), { organization: acme }, insertBusiness(acme, 'refused'));
    await expect(late).rejects.toThrow('refused');
    await statementInTenant(asJob(), { organization: acme }, insertBusiness(acme, 'second'));
    expect(await businesses()).toEqual(['first', 'second']);
  });
});

describe('statements that are asked for together', () => {
  const late = async (work: () => PromiseLike<unknown>) => {
    for (let turn = 0; turn < 20; turn += 1) await null;
    return await work();
  };

  it('give their results in the order in which they were asked', async () => {
    const values = await withTenant(asJob(), { organization: acme }, tx =>
      together([late(() => tx('businesses').count('* as count')), tx.raw('select 7 as seven'), null]),
    );
    expect(values).toMatchObject([[{ count: '2' }], { rows: [{ seven: 7 }] }, null]);
  });

  it('fail with the error that the transaction failed with, whichever is heard of first', async () => {
    for (const order of [0, 1]) {
      const both = withTenant(asJob(), { organization: acme }, tx => {
        const failing = tx.raw('select 1 / 0');
        const after = late(() => tx.raw('select 1'));
        return together(order === 0 ? [failing, after] : [after, failing]);
      });
      await expect(both).rejects.toMatchObject({ code: '22012' });
    }
    const { rows } = await knexOf(database).raw('select 1 as one');
    expect(rows).toEqual([{ one: 1 }]);
  });
});
