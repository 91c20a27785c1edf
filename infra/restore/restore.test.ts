import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBusiness } from '@pagekeeper/domain/businesses/create-business';
import { withDatabase } from '@pagekeeper/domain/database/roles';
import { serviceVariables } from '@pagekeeper/domain/environment';
import { newId } from '@pagekeeper/domain/ids';
import { createIntegration, createIntegrationInput } from '@pagekeeper/domain/integrations/create-integration';
import { openServices } from '@pagekeeper/domain/open-services';
import { createOrganization } from '@pagekeeper/domain/organizations/create-organization';
import { createLog } from '@pagekeeper/runtime/log';
import { contentsOf } from '@pagekeeper/testing/database/contents';
import { withClient } from '@pagekeeper/testing/database/template';
import { entryOf, startProcess } from '@pagekeeper/testing/processes';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { pagekeeper, pagekeeperJson } from '../../apps/cli/test/run.ts';
import { findPostgres, type Server, startServer } from './postgres-server.ts';

const installed = findPostgres();
if (!installed && process.env.CI)
  throw new Error('There is no PostgreSQL with pg_dump here: apt-get install postgresql.');

const userToken = `EAAuser${randomBytes(20).toString('hex')}`;
const pageToken = `EAApage${randomBytes(20).toString('hex')}`;
const keys = `k1:${randomBytes(32).toString('base64')}`;

/** What a process and an operator have, on one server. */
function variablesOn(server: Server, ring = keys): Record<string, string> {
  const url = (role: string) =>
    Object.assign(new URL(withDatabase(server.adminUrl, 'pagekeeper')), { username: role, password: 'of-the-role' })
      .href;
  return {
    NODE_ENV: 'test',
    ADMIN_DATABASE_URL: server.adminUrl,
    MIGRATION_DATABASE_URL: url('pagekeeper_owner'),
    DATABASE_URL: url('pagekeeper_app'),
    AUTH_DATABASE_URL: url('pagekeeper_auth'),
    QUEUE_DATABASE_URL: url('pagekeeper_queue'),
    PAGEKEEPER_KEYS: ring,
    PUBLIC_URL: 'http://127.0.0.1:1',
    FACEBOOK_APP_ID: '257000000000001',
    FACEBOOK_APP_SECRET: randomBytes(16).toString('hex'),
    FACEBOOK_VERIFY_TOKEN: randomBytes(16).toString('hex'),
    FACEBOOK_GRAPH_URL: 'http://127.0.0.1:1',
  };
}

const ourDatabase = ({ adminUrl }: Server) => withDatabase(adminUrl, 'pagekeeper');

describe.skipIf(!installed)('a backup, restored on an empty server as the runbook says', () => {
  let folder: string;
  let dump: string;
  const servers: Server[] = [];
  let old: Server;
  let restored: Server;

  beforeAll(async () => {
    folder = mkdtempSync(join(inject('servers').folder, 'restore-'));
    dump = join(folder, 'pagekeeper.dump');
    old = await start('old');
    await live(old);
    run('pg_dump', ['--format=custom', '--exclude-schema=bullmq', `--file=${dump}`, ourDatabase(old)]);
    restored = await start('new');
    const env = variablesOn(restored);
    await pagekeeperJson(['roles'], { env });
    run('pg_restore', ['--clean', '--if-exists', '--exit-on-error', `--dbname=${ourDatabase(restored)}`, dump]);
    await pagekeeperJson(['migrate'], { env });
  }, 120_000);

  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  async function start(name: string): Promise<Server> {
    const server = await startServer(installed!, join(folder, name));
    servers.push(server);
    return server;
  }

  const run = (tool: 'pg_dump' | 'pg_restore', words: string[]): string =>
    execFileSync(installed!.bin(tool), words, {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('holds every row', async () => {
    const without = ['bullmq'] as const;
    expect(await contentsOf(ourDatabase(restored), { without })).toEqual(
      await contentsOf(ourDatabase(old), { without }),
    );
  });

  it('opens with the same keys', async () => {
    const { opened, faulty } = await pagekeeperJson(['keys', 'check'], { env: variablesOn(restored) });
    expect([opened, faulty]).toEqual([2, 0]);
  });

  it('opens with no other key, and no process starts on it with one', async () => {
    const other = `k1:${randomBytes(32).toString('base64')}`;
    const { code, stdout, stderr } = await pagekeeper(['keys', 'check'], { env: variablesOn(restored, other) });
    expect([code, stdout, stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/^The key k1 in PAGEKEEPER_KEYS is not the one/),
    ]);
  });

  it('shows no token to who has nothing but the dump', () => {
    const sql = run('pg_restore', ['--file=-', dump]);
    expect(sql).toContain('Restored Shop');
    for (const token of [userToken, pageToken]) {
      const forms = ['utf8', 'hex', 'base64'] as const;
      const haystacks = [sql, readFileSync(dump, 'latin1')];
      for (const form of forms) {
        const needle = form === 'utf8' ? token : Buffer.from(token).toString(form).replaceAll('=', '');
        for (const haystack of haystacks) expect(haystack.includes(needle)).toBe(false);
      }
    }
  });

  it('is one that our processes start on, with roles and row level security as they were', async () => {
    const env = { ...variablesOn(restored), REPLIES: 'off' };
    const worker = await startProcess({ name: 'worker', entry: entryOf('worker'), env });
    expect(await worker.stop()).toMatchObject({ code: 0 });
  });
});

/** A database with an organization, a page and its tokens. */
async function live(server: Server): Promise<void> {
  const env = variablesOn(server);
  await pagekeeperJson(['roles'], { env });
  await pagekeeperJson(['migrate'], { env });
  const services = await openServices(serviceVariables.parse(env), createLog({ name: 'test', level: 'silent' }));
  try {
    const userId = newId();
    await withClient(ourDatabase(server), client =>
      client.query('insert into auth.users (id, name, email) values ($1, $2, $3)', [
        userId,
        'Olga',
        'olga@acme.example',
      ]),
    );
    const ctx = { ...services, actor: { type: 'user', userId } as const, requestId: 'test' };
    const organization = (await createOrganization(ctx, { name: 'Restored' })).value().id;
    const business = (await createBusiness(ctx, { organization, name: 'Restored Shop', description: '' })).value().id;
    const input = createIntegrationInput.parse({
      integration_type: 'FACEBOOK_PAGE',
      name: 'Page',
      facebook_page: { page_id: '123456789', access_token: userToken, page_access_token: pageToken },
    });
    await createIntegration(ctx, { organization, business, ...input });
  } finally {
    await services.close();
  }
}
