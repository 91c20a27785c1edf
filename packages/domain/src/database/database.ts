import { setTimeout as sleep } from 'node:timers/promises';
import knexModule, { type Knex } from 'knex';
import type { QueryResult } from 'pg';
import { errorCode } from './errors.ts';
import { beginOf, type Connection, type Door, DoorClient, forgetStatementNames, statementName } from './knex-client.ts';
import { patience } from './patience.ts';

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
    connection: {
      connectionString: url,
      application_name: 'pagekeeper',
      // What is asked without waiting in between leaves in one flight.
      pipeline: true,
      ...patience,
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max: maxConnections },
    acquireConnectionTimeout: 5_000,
    namedStatements,
    // Whoever asked gets the error; knex would print its stack too, between lines of JSON.
    log: { warn: () => {}, error: () => {} },
  } as Knex.Config);
  return handle as unknown as Database;
}

export const closeDatabase = (database: Database): Promise<void> => knexOf(database).destroy();

/** For `tenancy/`, `database/` and boot checks only (an architecture rule says so). */
export const knexOf = (database: Database): Knex => database as unknown as Knex;

/** One transaction that begins with the door's statement. The work is done again where Postgres asks for that. */
export async function throughDoor<Result>(
  database: Database,
  door: Door,
  readOnly: boolean,
  work: (transaction: Knex.Transaction) => PromiseLike<Result>,
): Promise<Result> {
  const config = { readOnly, door } as Knex.TransactionConfig;
  return await again(() => knexOf(database).transaction(async transaction => await work(transaction), config));
}

const maxTries = 3;
/** A deadlock, a failed serialization, a plan that a migration has outdated: nothing was done, and the next try may do. */
const repeatable = new Set(['40P01', '40001', '0A000']);

/** For `tenancy/`: a transaction, or a statement that is one, done again where Postgres asks for that. */
export async function again<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const code = errorCode(error) ?? '';
      if (tries === maxTries || !repeatable.has(code)) throw error;
      if (code === '0A000') forgetStatementNames();
      else await sleep(Math.random() * 20 * tries);
    }
  }
}

/** A statement as the driver takes it. */
export interface CompiledQuery {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

/** How door, statement and commit travel. */
export interface Flight {
  readOnly: boolean;
  /** Called just before they leave. */
  leaving?: () => void;
}

/**
 * Door, one statement and commit in a single flight: a third of the round trips, and of the packets. The statement is
 * sent before the door has answered; where the door refuses, Postgres runs nothing more of the transaction. (Were BEGIN
 * itself not run, the statement would stand alone, in no tenant: for tables with row level security only.)
 * @returns the statement's rows, as the driver reads them
 */
export async function statementThroughDoor(
  database: Database,
  door: Door,
  query: CompiledQuery,
  flight: Flight,
): Promise<Record<string, unknown>[]> {
  const { client } = knexOf(database) as unknown as { client: PooledClient };
  return await again(() => inOneFlight(client, door, query, flight));
}

async function inOneFlight(
  client: PooledClient,
  door: Door,
  { sql: text, bindings }: CompiledQuery,
  { readOnly, leaving }: Flight,
): Promise<Record<string, unknown>[]> {
  const values = bindings as unknown[];
  const name = client.config.namedStatements ? statementName(text) : undefined;
  const connection = await client.acquireConnection();
  try {
    const { stream } = connection.connection;
    // In one packet.
    stream.cork();
    const flight = Promise.allSettled([
      connection.query(`${beginOf(readOnly)}; ${door.sql}`) as unknown as Promise<QueryResult[]>,
      connection.query({ text, values, ...(name && { name }) }),
      connection.query('commit'),
    ]);
    leaving?.();
    stream.uncork();
    const [entered, done, committed] = await flight;
    if (entered.status === 'rejected') throw entered.reason;
    if (done.status === 'rejected') throw done.reason;
    if (committed.status === 'rejected') throw committed.reason;
    if (committed.value.command !== 'COMMIT') throw new Error('The transaction had failed and was rolled back.');
    door.entered(entered.value.at(-1)?.rows[0]);
    return done.value.rows;
  } finally {
    // Where COMMIT itself was cancelled.
    if (connection.getTransactionStatus() !== 'I') await connection.query('rollback').catch(() => {});
    await client.releaseConnection(connection);
  }
}

/** What is used of knex's own client here. */
interface PooledClient {
  config: { namedStatements?: boolean };
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
}
