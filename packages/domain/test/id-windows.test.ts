import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId, type Uuid } from '../src/ids.ts';
import { type IdWindow, idWindows } from '../src/keys/id-windows.ts';
import type { Keeper } from '../src/keys/keeper.ts';
import { type OpenTestDatabase, openTestDatabase } from './open-test-database.ts';

let opened: OpenTestDatabase;
let admin: OpenTestDatabase['admin'];
let database: OpenTestDatabase['database'];
const [acme, rival] = [newId(), newId()];

beforeAll(async () => {
  opened = await openTestDatabase();
  ({ admin, database } = opened);
  // What they refer to is of no matter here.
  await admin.query("set session_replication_role = 'replica'");
  for (const [slug, id] of Object.entries({ acme, rival })) {
    await admin.query('insert into organizations (id, name, slug, owner_id) values ($1, $2, $2, $1)', [id, slug]);
  }
});

afterAll(() => opened?.close());

const store = (organization: Uuid, count: number) =>
  admin.query(
    `insert into idempotency_keys (organization_id, id, key_hash, fingerprint)
     select $1, gen_random_uuid(), uuid_send(gen_random_uuid()), '' from generate_series(1, $2)`,
    [organization, count],
  );

async function windowsOf(organization: Uuid): Promise<IdWindow[]> {
  const keeper = { database, actor: { type: 'job', job: 'keys', jobId: '1' }, requestId: '1' } as unknown as Keeper;
  const windows: IdWindow[] = [];
  for await (const window of idWindows(keeper, organization, 'idempotency_keys')) windows.push(window);
  return windows;
}

it('windows hold every row of their organization once, and no other’s', async () => {
  expect(await windowsOf(acme)).toEqual([]);
  await store(acme, 45_000);
  await store(rival, 20_000);
  const windows = await windowsOf(acme);
  const counts: number[] = [];
  for (const { after, until } of windows) {
    const { rows } = await admin.query(
      'select count(*)::int from idempotency_keys where organization_id = $1 and id > $2 and id <= $3',
      [acme, after, until],
    );
    counts.push(rows[0].count);
  }
  expect(counts).toEqual([20_000, 20_000, 5_000]);
  expect(await windowsOf(rival)).toHaveLength(1);
  expect(await windowsOf(newId())).toEqual([]);
});
