import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { isDatabaseUnavailable } from '../src/database/errors.ts';

/** What asking ends with. */
async function errorOf(config: pg.ClientConfig, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: inject('servers').adminUrl, ...config });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.query(sql).then(
      () => null,
      error => error,
    );
  } catch (error) {
    return error;
  } finally {
    await client.end().catch(() => {});
  }
}

describe('the database is not available', () => {
  it.each([
    ['does not answer for too long', { query_timeout: 50 }, 'select pg_sleep(2)'],
    ['cannot be reached', { connectionString: 'postgres://somebody@127.0.0.1:1/nothing' }, 'select 1'],
    ['ends the connection', {}, 'select pg_terminate_backend(pg_backend_pid())'],
  ])('when it %s', async (_how, config, sql) => {
    const error = await errorOf(config, sql);
    expect(isDatabaseUnavailable(error), String(error)).toBe(true);
  });

  it('is not what a wrong statement says', async () => {
    const error = await errorOf({}, 'select nothing from nowhere');
    expect([error instanceof Error, isDatabaseUnavailable(error)]).toEqual([true, false]);
  });
});
