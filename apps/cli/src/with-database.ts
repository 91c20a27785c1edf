import { checkBoot } from '@pagekeeper/domain/boot-checks';
import { closeDatabase, type Database, openDatabase } from '@pagekeeper/domain/database/database';
import { findVariables, isProduction, readVariables } from './env.ts';

interface Options {
  /** False: it may be of another release, for who looks at just that. */
  checked?: boolean;
  /** Other roles that the command logs in as: they are checked too. */
  roles?: readonly ('AUTH_DATABASE_URL' | 'QUEUE_DATABASE_URL')[];
}

/**
 * Works with the app role's connections, and closes them however that ends.
 * @throws BootRefused where api and worker would not start either
 */
export async function withDatabase<Result>(
  work: (database: Database) => Promise<Result>,
  { checked = true, roles = [] }: Options = {},
): Promise<Result> {
  const { DATABASE_URL: url, NAMED_STATEMENTS } = readVariables('DATABASE_URL', 'NAMED_STATEMENTS');
  const database = openDatabase({ url, maxConnections: 2, namedStatements: NAMED_STATEMENTS === 'on' });
  try {
    if (checked) {
      const urls = { DATABASE_URL: url, ...findVariables(...roles) };
      await checkBoot({ database, urls, production: isProduction() });
    }
    return await work(database);
  } finally {
    await closeDatabase(database);
  }
}
