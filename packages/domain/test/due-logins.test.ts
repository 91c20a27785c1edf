import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../src/ids.ts';
import { asSystem } from '../src/tenancy/doors.ts';
import { type OpenTestDatabase, openTestDatabase } from './open-test-database.ts';

let opened: OpenTestDatabase;
let sql: (text: string, values?: unknown[]) => Promise<unknown>;
const [organization, business, longDue, due] = [newId(), newId(), newId(), newId()];

beforeAll(async () => {
  opened = await openTestDatabase();
  sql = (text, values) => opened.admin.query(text, values);
  // Their owner and tokens are of no matter here.
  await sql(`set session_replication_role = 'replica'`);
  await sql(`insert into organizations (id, name, slug, owner_id) values ($1, 'Acme', 'acme', $1)`, [organization]);
  await sql(`insert into businesses (organization_id, id, name, slug) values ($1, $2, 'Shop', 'shop')`, [
    organization,
    business,
  ]);
});

afterAll(() => opened?.close());

/** So many pages of a login that are due since so many minutes. */
async function addPages(login: string, count: number, minutes: number): Promise<void> {
  await sql(
    `with pages as (select gen_random_uuid() as id, n from generate_series(1, $4::int) n),
       made as (
         insert into integrations (organization_id, id, business_id, integration_type, name, config)
         select $1, id, $2, 'FACEBOOK_PAGE', 'Page ' || n, '{}' from pages
       )
     insert into facebook_page_integrations (organization_id, id, login_id, page_id, page_name, page_category, page_url,
       page_access_token, status, status_since, next_check_at)
     select $1, id, $3, ($5::int * 100000 + n)::text, 'Page', '', '', '', 'healthy', now(), now() - $5::int * interval '1 minute' from pages`,
    [organization, business, login, count, minutes],
  );
}

it('looks at so many of the pages that are due longest: after an outage nearly all are due', async () => {
  await addPages(longDue, 50_000, 60);
  await addPages(due, 3, 30);
  await sql('vacuum analyze facebook_page_integrations');
  const found = async () =>
    (await asSystem<{ login_id: string }>(opened.database, 'due_logins', 10)).map(({ login_id }) => login_id);
  expect(await found()).toEqual([longDue]);
  await sql(`update facebook_page_integrations set next_check_at = now() + interval '1 day' where page_id = '6000001'`);
  expect(await found()).toEqual([longDue, due]);
}, 60_000);
