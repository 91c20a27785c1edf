import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { withClient } from '@pagekeeper/testing/database/template';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { errorCode, isDatabaseUnavailable } from '../src/database/errors.ts';

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

  it('when it takes a connection and says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const connectionString = `postgres://somebody@127.0.0.1:${port}/nothing`;
    const error = await errorOf({ connectionString, connectionTimeoutMillis: 50 }, 'select 1');
    silent.close();
    expect(isDatabaseUnavailable(error), String(error)).toBe(true);
  });

  it('when its password is not ours any more', async () => {
    const { adminUrl } = inject('servers');
    const role = `changed_${randomBytes(6).toString('hex')}`;
    await withClient(adminUrl, client => client.query(`create role ${role} login password 'the new one'`));
    try {
      const connectionString = Object.assign(new URL(adminUrl), { username: role, password: 'the old one' }).href;
      const error = await errorOf({ connectionString }, 'select 1');
      expect([errorCode(error), isDatabaseUnavailable(error)]).toEqual(['28P01', true]);
    } finally {
      await withClient(adminUrl, client => client.query(`drop role ${role}`));
    }
  });

  it('is not what a wrong statement says', async () => {
    const error = await errorOf({}, 'select nothing from nowhere');
    expect([error instanceof Error, isDatabaseUnavailable(error)]).toEqual([true, false]);
  });
});
