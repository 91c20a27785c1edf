import { afterAll, beforeAll, expect, it } from 'vitest';
import { forgetAnswers } from '../src/idempotency/forget-answers.ts';
import { newId } from '../src/ids.ts';
import { type OpenTestDatabase, openTestDatabase } from './open-test-database.ts';

let opened: OpenTestDatabase;
let admin: OpenTestDatabase['admin'];
let database: OpenTestDatabase['database'];
const [organization, person] = [newId(), newId()];

beforeAll(async () => {
  opened = await openTestDatabase();
  ({ admin, database } = opened);
  // What they belong to is of no matter here.
  await admin.query("set session_replication_role = 'replica'");
});

afterAll(() => opened?.close());

/** So many answers that were stored so many hours ago. */
const store = (table: string, column: string, owner: string, count: number, hours: number) =>
  admin.query(
    `insert into ${table} (${column}, id, key_hash, fingerprint, status, created_at)
     select $1, gen_random_uuid(), uuid_send(gen_random_uuid()), '', 201, now() - $3 * interval '1 hour'
     from generate_series(1, $2)`,
    [owner, count, hours],
  );

it('forgets every answer that is older than a day, however many there are, and no other', async () => {
  await store('idempotency_keys', 'organization_id', organization, 25_000, 25);
  await store('idempotency_keys', 'organization_id', organization, 3, 23);
  await store('personal_idempotency_keys', 'user_id', person, 12_000, 25);
  await store('personal_idempotency_keys', 'user_id', person, 2, 23);
  expect(await forgetAnswers(database)).toBe(37_000);
  const { rows } = await admin.query(
    `select (select count(*)::int from idempotency_keys) as organizations,
       (select count(*)::int from personal_idempotency_keys) as people`,
  );
  expect(rows).toEqual([{ organizations: 3, people: 2 }]);
});
