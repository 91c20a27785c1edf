import { setTimeout } from 'node:timers/promises';
import { migrateQueue } from '@pagekeeper/queue/migrate';
import knexModule, { type Knex } from 'knex';
import pg from 'pg';
import { type Migration, migrations } from './migrations/index.ts';

type OnWait = (sentence: string) => void;

/**
 * Brings a database to the newest schema; safe to run again and by two processes at once.
 * @param options.ownerUrl the URL of `pagekeeper_owner`
 * @param options.queueUrl the URL of `pagekeeper_queue` where Postgres carries the queue, else null
 * @param options.onWait told each time that others have what is needed
 * @returns the names of the migrations that were run now
 */
export async function migrateToLatest(options: {
  ownerUrl: string;
  queueUrl: string | null;
  onWait?: OnWait;
}): Promise<string[]> {
  const { onWait } = options;
  const [, names] = await withMigrator(options.ownerUrl, knex => betweenOthers(() => knex.migrate.latest(), onWait));
  if (options.queueUrl) await migrateQueueAs(options.ownerUrl, options.queueUrl);
  return names;
}

/** Takes the last migration back. @returns its name; null where there is none */
export async function migrateDown(ownerUrl: string, onWait?: OnWait): Promise<string | null> {
  const [, names] = await withMigrator(ownerUrl, knex => betweenOthers(() => knex.migrate.down(), onWait));
  return names[0] ?? null;
}

/** A migration, and when this database got it: null where it has not. */
export interface MigrationState {
  name: string;
  appliedAt: Date | null;
  /** False for one that the database has and this release does not know: it is older than the database. */
  isKnown: boolean;
}

/** Every migration that this release or the database knows, in order. Changes nothing. */
export async function readMigrations(ownerUrl: string): Promise<MigrationState[]> {
  const applied = await withMigrator(ownerUrl, async knex => {
    const { rows } = await knex.raw(`select to_regclass('public.migrations') is not null as exists`);
    return rows[0].exists ? await knex('migrations').select('name', 'migration_time').orderBy('id') : [];
  });
  const times = new Map<string, Date>(applied.map(({ name, migration_time }) => [name, migration_time]));
  const unknown = [...times.keys()].filter(name => !migrations.some(migration => migration.name === name));
  return [
    ...migrations.map(({ name }) => ({ name, appliedAt: times.get(name) ?? null, isKnown: true })),
    ...unknown.map(name => ({ name, appliedAt: times.get(name)!, isKnown: false })),
  ];
}

async function withMigrator<Result>(url: string, work: (knex: Knex) => Promise<Result>): Promise<Result> {
  const knex = openMigrator(url);
  try {
    return await work(knex);
  } finally {
    await knex.destroy();
  }
}

/** Whoever asks for a table after a migration does waits behind it, and has 3 s for that (`roles.ts`). */
const lockTimeout = '1s';
const pauseMs = 2_000;
const lockTries = 60;

/**
 * Migrates while others work: what does not get a lock soon lets them pass, and is tried again.
 * @throws Error when others have held what is needed for minutes
 */
async function betweenOthers<Result>(migrate: () => Promise<Result>, onWait?: OnWait): Promise<Result> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await migrate();
    } catch (error) {
      const holder = holderIn(error);
      if (!holder) throw error;
      if (tried === lockTries) throw new Error(`For minutes ${holder}`, { cause: error });
      onWait?.(`It waits: ${holder}`);
      await setTimeout(pauseMs);
    }
  }
}

/** Who has what a migration needs, and what a person can do; null where it failed for another reason. */
function holderIn(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  // Knex gives no code for what another's lock has it fail with.
  if (error.name === 'MigrationLocked') {
    return 'another process migrates. If none does, one died: update migrations_lock set is_locked = 0.';
  }
  const isLockTimeout = 'code' in error && error.code === '55P03';
  return isLockTimeout ? 'a transaction uses a table: pg_stat_activity shows the long ones.' : null;
}

function openMigrator(url: string): Knex {
  return knexModule.knex({
    client: 'pg',
    connection: url,
    pool: {
      min: 0,
      max: 2,
      afterCreate: (connection: pg.Client, done: (error: Error | null) => void) =>
        connection.query(`set lock_timeout = '${lockTimeout}'`, done),
    },
    migrations: { migrationSource, tableName: 'migrations' },
    // Whoever asked gets the error; knex would print its stack too.
    log: { warn: () => {}, error: () => {} },
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
