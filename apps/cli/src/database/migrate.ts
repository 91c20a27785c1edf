import { migrateDown, migrateToLatest, readMigrations } from '@pagekeeper/domain/database/migrate';
import { findVariables, readVariables } from '../env.ts';
import { confirm } from '../input.ts';
import { counted, type Output, table } from '../output.ts';

/** Runs what is missing; the queue's schema too where Postgres carries it. */
export async function migrate(output: Output): Promise<void> {
  const { MIGRATION_DATABASE_URL: ownerUrl } = readVariables('MIGRATION_DATABASE_URL');
  const { QUEUE_DATABASE_URL: queueUrl = null } = findVariables('QUEUE_DATABASE_URL');
  const applied = await migrateToLatest({ ownerUrl, queueUrl, onWait: output.note });
  const schema = applied.length > 0 ? applied.map(name => `Applied ${name}.`) : ['The schema is the newest.'];
  const queue = queueUrl ? "The queue's schema is the newest." : 'QUEUE_DATABASE_URL is not set: no queue in Postgres.';
  output.result({ applied, queue: queueUrl !== null }, [...schema, queue]);
}

/** Lists every migration, and when the database got it. */
export async function showStatus(output: Output): Promise<void> {
  const { MIGRATION_DATABASE_URL: ownerUrl } = readVariables('MIGRATION_DATABASE_URL');
  const states = await readMigrations(ownerUrl);
  const missing = states.filter(({ appliedAt }) => !appliedAt).length;
  const unknown = states.filter(({ isKnown }) => !isKnown).length;
  const value = states.map(({ name, appliedAt, isKnown }) => ({ name, applied_at: appliedAt, is_known: isKnown }));
  const rows = states.map(({ name, appliedAt, isKnown }) => [
    name,
    `${appliedAt?.toISOString().slice(0, 16).replace('T', ' ') ?? 'missing'}${isKnown ? '' : ', of a newer release'}`,
  ]);
  output.result({ migrations: value, missing, unknown }, [
    ...table(['migration', 'applied (UTC)'], rows),
    missing > 0 ? `${counted(missing, 'migration')} missing. Run pagekeeper migrate.` : 'Nothing is missing.',
  ]);
}

/** Takes the last migration back. */
export async function takeBack({ yes }: { yes?: boolean }, output: Output): Promise<void> {
  const { MIGRATION_DATABASE_URL: ownerUrl } = readVariables('MIGRATION_DATABASE_URL');
  const last = (await readMigrations(ownerUrl)).findLast(({ appliedAt }) => appliedAt !== null);
  if (!last) {
    output.result({ taken_back: null }, 'There is no migration to take back.');
    return;
  }
  await confirm(`Take ${last.name} back, and lose what its tables and columns hold?`, { yes });
  const name = await migrateDown(ownerUrl, output.note);
  output.result({ taken_back: name }, `Took ${name} back.`);
}
