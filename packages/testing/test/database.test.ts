import { createTestDatabase } from '@pagekeeper/testing/database';
import { withClient } from '@pagekeeper/testing/database/template';
import { expect, inject, test } from 'vitest';

test('databases made at once are migrated copies that only our roles may enter', async () => {
  const databases = await Promise.all(Array.from({ length: 6 }, () => createTestDatabase()));
  try {
    const [first] = databases;
    const tables = await withClient(first!.urls.owner, client =>
      client.query(`select from pg_tables where tablename = 'organizations'`),
    );
    expect(tables.rowCount).toBe(1);
    await withClient(first!.urls.app, client => client.query('select 1'));
    await withClient(first!.urls.queue, client => client.query('create sequence bullmq.probe'));
    const { rows } = await withClient(inject('servers').adminUrl, client =>
      client.query(
        `select count(distinct array(select a::text from unnest(datacl) a order by 1))::int as kinds,
                bool_or(has_database_privilege('public', datname, 'connect')) as open_to_all
         from pg_database where datname = any($1) or datname = $2`,
        [databases.map(({ name }) => name), inject('servers').template],
      ),
    );
    expect(rows).toEqual([{ kinds: 1, open_to_all: false }]);
  } finally {
    await Promise.all(databases.map(database => database.drop()));
  }
});
