import { setTimeout } from 'node:timers/promises';
import { createTestDatabase } from '@pagekeeper/testing/database';
import knexModule from 'knex';
import { expect, it } from 'vitest';
import { describeSchema } from '../src/database/describe-schema.ts';
import { migrateDown, migrateToLatest } from '../src/database/migrate.ts';
import { migrations } from '../src/database/migrations/index.ts';

it('the schema is what schema.sql says (npm test -- packages/domain/test/schema.test.ts -u rewrites it)', async () => {
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

it('news that an older release cannot tell are taken back with their kind', async () => {
  const database = await createTestDatabase();
  const knex = knexModule.knex({ client: 'pg', connection: database.adminUrl, pool: { min: 0, max: 1 } });
  const owner = knexModule.knex({ client: 'pg', connection: database.urls.owner, pool: { min: 0, max: 1 } });
  const kinds = async () => (await knex('notifications').select('kind').orderBy('kind')).map(({ kind }) => kind);
  try {
    // Of nobody: only the kinds matter.
    await knex.raw(`set session_replication_role = replica`);
    await knex.raw(
      `insert into notifications (organization_id, id, user_id, integration_id, kind, rung, episode, detail, created_at)
       select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
         case when kind <> 'staff_entered' then gen_random_uuid() end, kind, 0, now(), '{}', now()
       from unnest(array['blocked', 'dead', 'staff_entered', 'taken_over']) as kind`,
    );
    const takeBack = (name: string) =>
      owner.transaction(tx => tx.raw(migrations.find(migration => migration.name === name)!.down));
    await takeBack('0030_entries_told');
    expect(await kinds()).toEqual(['blocked', 'dead', 'taken_over']);
    await takeBack('0029_blocked');
    expect(await kinds()).toEqual(['dead', 'taken_over']);
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

it('two that migrate at once both come to the end', async () => {
  const database = await createTestDatabase();
  try {
    for (let last = ''; last !== '0014_replies'; ) last = (await migrateDown(database.urls.owner))!;
    const waits: string[] = [];
    const onWait = (sentence: string) => waits.push(sentence);
    const migrate = () => migrateToLatest({ ownerUrl: database.urls.owner, queueUrl: null, onWait });
    // A third holds the lock for longer than one waits for it.
    const third = knexModule.knex({ client: 'pg', connection: database.urls.owner });
    const transaction = await third.transaction();
    await transaction('migrations_lock').update({ is_locked: 1 });
    const both = Promise.all([migrate(), migrate()]);
    await setTimeout(1_500);
    await transaction.rollback();
    await third.destroy();
    const names = (await both).flat().toSorted();
    expect(waits[0]).toContain('another process migrates');
    expect(names).toEqual(migrations.map(({ name }) => name).filter(name => name >= '0014'));
  } finally {
    await database.drop();
  }
}, 60_000);

it('a migration that cannot have a table soon lets those pass who wait behind it, and comes again', async () => {
  const database = await createTestDatabase();
  const open = () => knexModule.knex({ client: 'pg', connection: database.adminUrl, pool: { min: 0, max: 1 } });
  const [slow, others] = [open(), open()];
  try {
    // Down to the one that changes this table.
    for (let last = ''; last !== '0026_reply_retention'; ) last = (await migrateDown(database.urls.owner))!;
    const transaction = await slow.transaction();
    await transaction.raw('select from replies');
    let isDone = false;
    const waits: string[] = [];
    const onWait = (sentence: string) => waits.push(sentence);
    const migrated = migrateToLatest({ ownerUrl: database.urls.owner, queueUrl: null, onWait }).finally(() => {
      isDone = true;
    });
    const waiting = `select from pg_locks where relation = 'replies'::regclass and not granted
      and database = (select oid from pg_database where datname = current_database())`;
    while ((await others.raw(waiting)).rowCount === 0) await setTimeout(10);
    // As the app role waits.
    await others.raw(`set lock_timeout = '3s'`);
    await others.raw('select from replies');
    expect(isDone).toBe(false);
    await expect.poll(() => waits, { timeout: 5_000 }).toContainEqual(expect.stringContaining('pg_stat_activity'));
    await transaction.rollback();
    expect(await migrated).toEqual(migrations.map(({ name }) => name).filter(name => name >= '0026'));
  } finally {
    await slow.destroy();
    await others.destroy();
    await database.drop();
  }
}, 60_000);
