import type { Log } from '@pagekeeper/runtime/log';
import pg from 'pg';
import type { QueueConnection } from './broker.ts';
import { faultCode, QueueError, QueueUnavailableError } from './errors.ts';
import { assertMigrated } from './migrate.ts';
import { checkRedis } from './redis-safety.ts';

const timeoutMs = 5_000;

/**
 * Whether a process may rest on this queue: a Redis that keeps what it is given and is new enough, or a Postgres with
 * the queue's schema. Writes nothing.
 * @throws QueueError with one sentence
 */
export async function checkQueue(
  connection: QueueConnection,
  options: { production: boolean; log?: Log },
): Promise<void> {
  if (connection.type === 'redis') return await checkRedis(connection, options);
  const pool = new pg.Pool({
    connectionString: connection.url,
    options: '-c search_path=bullmq',
    max: 1,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // The rejected query tells.
  pool.on('error', () => {});
  try {
    await assertMigrated(pool);
  } catch (error) {
    if (error instanceof QueueError) throw error;
    throw new QueueUnavailableError('be asked for its schema', faultCode(error));
  } finally {
    await pool.end();
  }
}
