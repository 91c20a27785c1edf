import { createTestDatabase } from '@pagekeeper/testing/database';
import knexModule from 'knex';
import { expect, it } from 'vitest';
import { describeSchema } from '../src/database/describe-schema.ts';
import { migrateDown, migrateToLatest } from '../src/database/migrate.ts';
import { migrations } from '../src/database/migrations/index.ts';

it('the schema is what schema.sql says (npm test -- -u packages/domain/test/schema.test.ts rewrites it)', async () => {
  const database = await createTestDatabase();
  const knex = knexModule.knex({ client: 'pg', connection: database.adminUrl });
  try {
    await expect(await describeSchema(knex)).toMatchFileSnapshot('../schema.sql');
  } finally {
    await knex.destroy();
    await database.drop();
  }
});

it('every migration can be taken back and made again by itself, to the same schema in the end', async () => {
  const database = await createTestDatabase();
  const knex = knexModule.knex({ client: 'pg', connection: database.adminUrl });
  const owner = knexModule.knex({ client: 'pg', connection: database.urls.owner, pool: { min: 0, max: 1 } });
  const run = (sql: string) => owner.transaction(tx => tx.raw(sql));
  try {
    const before = await describeSchema(knex);
    for (const { up, down } of migrations.toReversed()) {
      for (const sql of [down, up, down]) await run(sql);
    }
    for (const { up } of migrations) await run(up);
    expect(await describeSchema(knex)).toBe(before);
  } finally {
    await owner.destroy();
    await knex.destroy();
    await database.drop();
  }
});

it('all of them can be taken back, and made again', async () => {
  const database = await createTestDatabase();
  const knex = knexModule.knex({ client: 'pg', connection: database.adminUrl });
  try {
    const before = await describeSchema(knex);
    for (const _ of migrations) await migrateDown(database.urls.owner);
    expect(await describeSchema(knex)).not.toContain('organizations');
    await migrateToLatest({ ownerUrl: database.urls.owner, queueUrl: null });
    expect(await describeSchema(knex)).toBe(before);
  } finally {
    await knex.destroy();
    await database.drop();
  }
});
