import { type Database, knexOf } from './database.ts';

/** How busy a pool of connections is. */
export interface PoolUse {
  used: number;
  free: number;
  /** Callers that wait for a connection. */
  waiting: number;
}

/** Of the app role's pool. */
export function poolUseOf(database: Database): PoolUse {
  const { pool } = (knexOf(database) as unknown as { client: { pool: Pool } }).client;
  return { used: pool.numUsed(), free: pool.numFree(), waiting: pool.numPendingAcquires() };
}

/** What is used of knex's pool here. */
interface Pool {
  numUsed(): number;
  numFree(): number;
  numPendingAcquires(): number;
}
