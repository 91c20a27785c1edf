import { checkSchema } from './boot-checks.ts';
import { closeDatabase, type DatabaseConfig, openDatabase } from './database/database.ts';

export interface Readiness {
  /** @throws BootRefused when the newest migration is missing, or the driver's error */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Whether the database serves this release, asked through a connection of its own: where slow statements hold the whole
 * pool, a process that had to wait for it would be taken out of service, and all of them at once. Behind PgBouncer the pool
 * is PgBouncer's own, and this connection waits for its turn too.
 */
export function openReadiness(config: Pick<DatabaseConfig, 'url' | 'namedStatements'>): Readiness {
  const database = openDatabase({ ...config, maxConnections: 1 });
  return { check: () => checkSchema(database), close: () => closeDatabase(database) };
}
