import { assertSchemaCompatibility, LATEST_SCHEMA_VERSION, runMigrations, SchemaMigrationRequiredError } from 'bullmq';
import pg from 'pg';
import { faultCode, QueueSchemaError, QueueUnavailableError } from './errors.ts';
import { limitTableSql } from './limits/limit-table.ts';

const schema = 'bullmq';

/**
 * Brings BullMQ's schema `bullmq`, with the table of the rate limits, up to this release. Safe to run again, and by
 * several at once.
 *
 * BullMQ issues `CREATE SCHEMA IF NOT EXISTS`, which Postgres allows only to who may create in the *database*, even
 * when the schema exists. So the caller grants that for the moment:
 * `GRANT CREATE ON DATABASE … TO pagekeeper_queue`, this, `REVOKE …`. At run time the role needs to own the schema
 * (a sequence per queue is made there) and nothing else.
 *
 * @param url a direct connection as `pagekeeper_queue`, who then owns what is made
 * @throws QueueSchemaError when the role may not create
 */
export async function migrateQueue(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, lock_timeout: 30_000 });
  // The rejected query already tells; an unheard `error` event would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    await runMigrations(client, schema);
    // Two that create a table at once collide on the catalogue's rows.
    await client.query(
      `select pg_advisory_lock(hashtext('pagekeeper.limits')); set search_path = ${schema}; ${limitTableSql}`,
    );
  } catch (error) {
    if (faultCode(error) === '42501') {
      throw new QueueSchemaError(
        "The queue's role may not create here: grant it CREATE on the database while it migrates.",
      );
    }
    throw new QueueUnavailableError('migrate its schema', faultCode(error));
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Refuses a database without the queue's schema: without this check a worker writes millions of error lines a minute.
 *
 * @throws QueueSchemaError with one sentence that says what to do
 */
export async function assertMigrated(pool: pg.Pool): Promise<void> {
  const version = await assertSchemaCompatibility(pool, schema).catch(error => {
    if (error instanceof SchemaMigrationRequiredError) {
      throw new QueueSchemaError("The queue's schema is not in this database: run the migrations first.");
    }
    if (faultCode(error) === '42501') {
      throw new QueueSchemaError("This role may not use the queue's schema: connect as pagekeeper_queue.");
    }
    if (error instanceof Error && error.name === 'SchemaVersionMismatchError') {
      throw new QueueSchemaError("The queue's schema is newer than this release understands: upgrade it.");
    }
    throw error;
  });
  if (version < LATEST_SCHEMA_VERSION) {
    throw new QueueSchemaError("The queue's schema is older than this release needs: run the migrations first.");
  }
}
