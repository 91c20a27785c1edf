import { migrateQueue } from '@pagekeeper/queue/migrate';
import knexModule, { type Knex } from 'knex';
import pg from 'pg';
import { type Migration, migrations } from './migrations/index.ts';

/**
 * Brings a database to the newest schema; safe to run again and by two processes at once.
 * @param options.ownerUrl the URL of `pagekeeper_owner`
 * @param options.queueUrl the URL of `pagekeeper_queue` where Postgres carries the queue, else null
 */
export async function migrateToLatest(options: { ownerUrl: string; queueUrl: string | null }): Promise<void> {
  const knex = openMigrator(options.ownerUrl);
  try {
    await knex.migrate.latest();
  } finally {
    await knex.destroy();
  }
  if (options.queueUrl) await migrateQueueAs(options.ownerUrl, options.queueUrl);
}

/** Takes the last migration back. */
export async function migrateDown(ownerUrl: string): Promise<void> {
  const knex = openMigrator(ownerUrl);
  try {
    await knex.migrate.down();
  } finally {
    await knex.destroy();
  }
}

function openMigrator(url: string): Knex {
  return knexModule.knex({
    client: 'pg',
    connection: url,
    pool: { min: 0, max: 2 },
    migrations: { migrationSource, tableName: 'migrations' },
  });
}

const migrationSource: Knex.MigrationSource<Migration> = {
  getMigrations: async () => [...migrations],
  getMigrationName: migration => migration.name,
  getMigration: async ({ up, down }) => ({ up: knex => knex.raw(up), down: knex => knex.raw(down) }),
};

/** BullMQ's migrations ask for CREATE on the database even where its schema exists: lent for the moment. */
async function migrateQueueAs(ownerUrl: string, queueUrl: string): Promise<void> {
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    const database = pg.escapeIdentifier(owner.database ?? '');
    await owner.query(`grant create on database ${database} to pagekeeper_queue`);
    try {
      await migrateQueue(queueUrl);
    } finally {
      await owner.query(`revoke create on database ${database} from pagekeeper_queue`);
    }
  } finally {
    await owner.end();
  }
}
