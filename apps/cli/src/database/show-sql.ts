import { readMigrations } from '@pagekeeper/domain/database/migrate';
import { type Migration, migrations } from '@pagekeeper/domain/database/migrations/index';
import { readVariables } from '../env.ts';
import type { Output } from '../output.ts';
import { UsageError } from '../usage-error.ts';

/** Prints what a migration would run. Needs the database only to know what is missing there. */
export async function showSql({ name, down }: { name?: string; down?: boolean }, output: Output): Promise<void> {
  const chosen = name === undefined ? await missingMigrations(down) : [findMigration(name)];
  const shown = chosen.map(migration => ({ name: migration.name, sql: (down ? migration.down : migration.up).trim() }));
  if (shown.length === 0) output.note('Nothing is missing.');
  output.result(
    shown,
    shown.map(({ name: title, sql }) => `-- ${title}${down ? ', taken back' : ''}\n${sql}\n`),
  );
}

async function missingMigrations(down: boolean | undefined): Promise<Migration[]> {
  if (down) throw new UsageError('Say which migration: --down prints how one is taken back.');
  const { MIGRATION_DATABASE_URL: ownerUrl } = readVariables('MIGRATION_DATABASE_URL');
  const states = await readMigrations(ownerUrl);
  const missing = new Set(states.filter(({ appliedAt }) => !appliedAt).map(state => state.name));
  return migrations.filter(migration => missing.has(migration.name));
}

function findMigration(name: string): Migration {
  const found = migrations.filter(migration => migration.name === name || migration.name.startsWith(`${name}_`));
  if (found.length === 1) return found[0]!;
  throw new UsageError(`There is no migration ${name}. pagekeeper migrate:status lists them.`);
}
