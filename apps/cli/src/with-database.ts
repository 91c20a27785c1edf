import { checkBoot } from '@pagekeeper/domain/boot-checks';
import { closeDatabase, type Database, openDatabase } from '@pagekeeper/domain/database/database';
import { isProduction, readVariables } from './env.ts';

interface Options {
  maxConnections?: number;
  /** False: it may be of another release, for who looks at just that. */
  checked?: boolean;
}

/**
 * Works with the app role's connections, and closes them however that ends.
 * @throws BootRefused where api and worker would not start either
 */
export async function withDatabase<Result>(
  work: (database: Database) => Promise<Result>,
  { maxConnections = 2, checked = true }: Options = {},
): Promise<Result> {
  const { DATABASE_URL: url, NAMED_STATEMENTS } = readVariables('DATABASE_URL', 'NAMED_STATEMENTS');
  const database = openDatabase({ url, maxConnections, namedStatements: NAMED_STATEMENTS === 'on' });
  try {
    if (checked) await checkBoot(database, { production: isProduction() });
    return await work(database);
  } finally {
    await closeDatabase(database);
  }
}
