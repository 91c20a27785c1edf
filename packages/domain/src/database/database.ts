import knexModule, { type Knex } from 'knex';
import { type Door, DoorClient } from './knex-client.ts';

const { knex } = knexModule;

declare const databaseBrand: unique symbol;

/**
 * The app role's connections. Opaque: only the doors in `tenancy/` can take the knex out of it, so that no query is
 * made without a tenant.
 */
export interface Database {
  readonly [databaseBrand]: true;
}

export interface DatabaseConfig {
  url: string;
  maxConnections?: number;
  /** Off behind PgBouncer in transaction mode, which knows no named statements. */
  namedStatements?: boolean;
}

/** Opens the pool lazily: the first query connects. */
export function openDatabase({ url, maxConnections = 16, namedStatements = true }: DatabaseConfig): Database {
  const handle = knex({
    client: DoorClient as never,
    connection: { connectionString: url, application_name: 'pagekeeper' },
    pool: { min: 0, max: maxConnections },
    acquireConnectionTimeout: 5_000,
    namedStatements,
  } as Knex.Config);
  return handle as unknown as Database;
}

export const closeDatabase = (database: Database): Promise<void> => knexOf(database).destroy();

/** For `tenancy/`, `database/` and boot checks only (an architecture rule says so). */
export const knexOf = (database: Database): Knex => database as unknown as Knex;

/** One transaction that begins with the door's statement. */
export async function throughDoor<Result>(
  database: Database,
  door: Door,
  readOnly: boolean,
  work: (transaction: Knex.Transaction) => PromiseLike<Result>,
): Promise<Result> {
  const config = { readOnly, door } as Knex.TransactionConfig;
  return await knexOf(database).transaction(async transaction => await work(transaction), config);
}
