import type { Log } from '@pagekeeper/runtime/log';
import { checkBoot } from './boot-checks.ts';
import { closeDatabase, openDatabase } from './database/database.ts';
import { queueConnectionOf, type ServiceVariables } from './environment.ts';

/**
 * What api and worker look at before they load, open or write anything: every database that their environment names, the
 * queue, the keys and the clocks.
 * @throws BootRefused with a sentence per fault for the operator
 */
export async function checkStart(
  variables: ServiceVariables & { AUTH_DATABASE_URL?: string },
  log: Log,
): Promise<void> {
  const { DATABASE_URL: url, PAGEKEEPER_KEYS: ring, NODE_ENV } = variables;
  const database = openDatabase({ url, maxConnections: 4, namedStatements: false });
  const queue = queueConnectionOf(variables);
  await checkBoot({ database, urls: variables, ring, queue, production: NODE_ENV === 'production', log });
  // Who is refused ends at once, with whatever hangs.
  await closeDatabase(database);
}
