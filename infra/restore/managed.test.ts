import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { roleUrls, withDatabase } from '@pagekeeper/domain/database/roles';
import { newId } from '@pagekeeper/domain/ids';
import { contentsOf } from '@pagekeeper/testing/database/contents';
import { withClient } from '@pagekeeper/testing/database/template';
import { entryOf, repositoryFolder, startProcess } from '@pagekeeper/testing/processes';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { pagekeeper, pagekeeperJson } from '../../apps/cli/test/run.ts';
import { findPostgres, type Server, startServer } from './postgres-server.ts';

const installed = findPostgres();
if (!installed && process.env.CI)
  throw new Error('There is no PostgreSQL with pg_dump here: apt-get install postgresql.');

/** A server whose administrator may create roles and databases, and is no superuser. */
interface Managed extends Server {
  /** Of an operator's machine, and of the processes. */
  env: Record<string, string>;
  /** As a superuser, which no operator is here. */
  sql(text: string): Promise<any[]>;
}

const passwords = { owner: 'o', app: 'a', auth: 'u', queue: 'q' };
const runbooks = join(repositoryFolder, 'infra/runbooks/');
/** An organization with a page, which no worker checks meanwhile. */
const fixtures = `
  insert into auth.users (id, name, email) values ('${newId()}', 'Olga', 'olga@acme.example');
  insert into organizations (id, name, slug, owner_id) select '${newId()}', 'Acme', 'acme', id from auth.users;
  insert into organization_memberships (organization_id, id, user_id, role)
    select id, '${newId()}', owner_id, 'OWNER' from organizations;
  insert into businesses (organization_id, id, name, slug) select id, '${newId()}', 'Shop', 'shop' from organizations;
  insert into integrations (organization_id, id, business_id, integration_type, name, config)
    select organization_id, '${newId()}', id, 'FACEBOOK_PAGE', 'Page', '{}' from businesses;
  insert into facebook_logins (organization_id, id, access_token) select id, '${newId()}', '' from organizations;
  insert into facebook_page_integrations
      (organization_id, id, login_id, page_id, page_access_token, status, status_since, next_check_at)
    select organization_id, i.id, l.id, '4711', '', 'unverified', now(), now() + interval '1 day'
    from integrations i join facebook_logins l using (organization_id)`;

describe.skipIf(!installed)('a managed server, whose administrator is no superuser', () => {
  const folder = mkdtempSync(join(inject('servers').folder, 'managed-'));
  const servers: Managed[] = [];
  let managed: Managed;

  beforeAll(async () => {
    managed = await start('old');
    await pagekeeperJson(['migrate'], { env: managed.env });
    await managed.sql(fixtures);
  }, 120_000);

  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  async function start(name: string): Promise<Managed> {
    const server = await startServer(installed!, join(folder, name));
    const administrator = `create role manager login createrole createdb password 'm'`;
    await withClient(server.adminUrl, client => client.query(administrator));
    const adminUrl = Object.assign(new URL(server.adminUrl), { username: 'manager', password: 'm' }).href;
    const urls = roleUrls(adminUrl, { database: 'pagekeeper', passwords });
    const env = {
      NODE_ENV: 'test',
      ADMIN_DATABASE_URL: adminUrl,
      MIGRATION_DATABASE_URL: urls.owner,
      DATABASE_URL: urls.app,
      AUTH_DATABASE_URL: urls.auth,
      QUEUE_DATABASE_URL: urls.queue,
      PAGEKEEPER_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      PUBLIC_URL: 'http://127.0.0.1:1',
      FACEBOOK_APP_ID: '257000000000001',
      FACEBOOK_APP_SECRET: randomBytes(16).toString('hex'),
      FACEBOOK_VERIFY_TOKEN: randomBytes(16).toString('hex'),
      FACEBOOK_GRAPH_URL: 'http://127.0.0.1:1',
    };
    const ours = withDatabase(server.adminUrl, 'pagekeeper');
    const sql = async (text: string) => (await withClient(ours, client => client.query(text))).rows;
    servers.push({ ...server, env, sql });
    await pagekeeperJson(['roles'], { env });
    return servers.at(-1)!;
  }

  /** Types one of the runbooks' files, as the owner. */
  const type = ({ env }: Managed, name: string) =>
    pagekeeper(['db:shell', '--role', 'owner', '--', '--set=ON_ERROR_STOP=1', `--file=${runbooks}${name}`], {
      env,
    }).then(({ code, stderr }) => expect([code, stderr]).toEqual([0, '']));

  const ask = async ({ env }: Managed, role: string, text: string) => {
    const words = ['db:shell', '--role', role, '--', '--tuples-only', '--no-align', '-c', text];
    return (await pagekeeper(words, { env })).stdout.trim();
  };

  const startWorker = ({ env }: Managed) => startProcess({ name: 'worker', entry: entryOf('worker'), env });

  it('has what our processes start on', async () => {
    const worker = await startWorker(managed);
    expect(await worker.stop()).toMatchObject({ code: 0 });
  }, 60_000);

  it('shows the owner what the runbooks ask for, and changes what they change', async () => {
    const typed = ['stuck-queue.md', 'mass-token-death.md', 'failing-requests.md']
      .map(name => readFileSync(`${runbooks}${name}`, 'utf8'))
      .flatMap(text => [...text.matchAll(/--role owner -- -c ["'](.+?facebook_page_integrations.+)["']$/gm)])
      .map(([, text]) => text!);
    const statements = [...new Set(typed)];
    expect([typed.length, statements.length]).toEqual([3, 2]);
    await managed.sql(`update facebook_page_integrations set paused_until = now() + interval '1 hour'`);
    const [look, change] = statements;
    expect((await ask(managed, 'owner', look!)).split('\n')).toHaveLength(1);
    expect(await ask(managed, 'owner', look!)).toContain('unverified');
    expect(await ask(managed, 'owner', change!)).toBe('UPDATE 1');
  }, 60_000);

  it('is dumped only while the owner passes by; the app role never does, and no process starts then', async () => {
    const change = 'update organization_memberships set is_active = is_active';
    const words = ['--exclude-schema=bullmq', '--file=/dev/null', managed.env.MIGRATION_DATABASE_URL!];
    const dump = () => spawnSync(installed!.bin('pg_dump'), words, { encoding: 'utf8' });
    expect([await ask(managed, 'owner', change), await ask(managed, 'app', change)]).toEqual(['UPDATE 0', 'UPDATE 0']);
    expect(dump().stderr).toContain('row-level security policy');
    await type(managed, 'owner-passes-by.sql');
    expect([await ask(managed, 'owner', change), await ask(managed, 'app', change)]).toEqual(['UPDATE 1', 'UPDATE 0']);
    expect(dump().status).toBe(0);
    await expect(startWorker(managed)).rejects.toThrow(/has no forced row level security/);
    await type(managed, 'owner-is-held.sql');
    expect(await ask(managed, 'owner', change)).toBe('UPDATE 0');
  }, 60_000);

  it('is dumped and restored by the owner as the runbook says, and processes start on it', async () => {
    const file = join(folder, 'pagekeeper.dump');
    const run = (tool: 'pg_dump' | 'pg_restore', words: string[]) =>
      execFileSync(installed!.bin(tool), words, { stdio: ['ignore', 'pipe', 'pipe'] });
    await type(managed, 'owner-passes-by.sql');
    run('pg_dump', [
      '--format=custom',
      '--exclude-schema=bullmq',
      `--file=${file}`,
      managed.env.MIGRATION_DATABASE_URL!,
    ]);
    await type(managed, 'owner-is-held.sql');
    const restored = await start('new');
    const into = `--dbname=${restored.env.MIGRATION_DATABASE_URL}`;
    run('pg_restore', ['--clean', '--if-exists', '--exit-on-error', into, file]);
    await type(restored, 'owner-is-held.sql');
    await pagekeeperJson(['migrate'], { env: restored.env });
    const rows = ({ adminUrl }: Managed) =>
      contentsOf(withDatabase(adminUrl, 'pagekeeper'), { without: ['bullmq'] as const });
    expect(await rows(restored)).toEqual(await rows(managed));
    const worker = await startWorker({
      ...restored,
      env: { ...restored.env, PAGEKEEPER_KEYS: managed.env.PAGEKEEPER_KEYS! },
    });
    expect(await worker.stop()).toMatchObject({ code: 0 });
  }, 180_000);
});
