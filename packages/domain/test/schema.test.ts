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

it('every migration can be taken back and made again, to the same schema', async () => {
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
