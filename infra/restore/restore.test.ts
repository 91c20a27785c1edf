import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBusiness } from '@pagekeeper/domain/businesses/create-business';
import { withDatabase } from '@pagekeeper/domain/database/roles';
import { serviceVariables } from '@pagekeeper/domain/environment';
import { newId } from '@pagekeeper/domain/ids';
import { createIntegration, createIntegrationInput } from '@pagekeeper/domain/integrations/create-integration';
import { openServices } from '@pagekeeper/domain/open-services';
import { createOrganization } from '@pagekeeper/domain/organizations/create-organization';
import { Inbox } from '@pagekeeper/domain/webhooks/inbox';
import { parseDelivery } from '@pagekeeper/facebook/webhook-payload';
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
const pageId = '123456789';
const keys = `k1:${randomBytes(32).toString('base64')}`;
const runbook = readFileSync(new URL('../runbooks/restore.md', import.meta.url), 'utf8');

/** What the dump knows, and was taken away after it was made. */
const taken = {
  key: newId(),
  /** A member who was removed, and one who left for good. */
  rob: { userId: newId(), memberId: newId() },
  pia: { userId: newId(), memberId: newId(), email: 'pia@acme.example' },
  personHash: randomBytes(32).toString('hex'),
  code: randomBytes(18).toString('base64url'),
};

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
    expect([opened, faulty]).toEqual([3, 0]);
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

  it('answers nothing of what it holds as waiting, and says so', async () => {
    const sql = async (text: string) => (await withClient(ourDatabase(restored), client => client.query(text))).rows;
    const states =
      'select e.state, r.state as reply, r.reason from webhook_events e left join replies r on r.event_id = e.id';
    expect(await sql(states)).toEqual([{ state: 'parked', reply: null, reason: null }]);
    await sql(/-c "(update webhook_events [^"]+)"/.exec(runbook)![1]!);
    const env = { ...variablesOn(restored), REPLIES: 'off' };
    const worker = await startProcess({ name: 'worker', entry: entryOf('worker'), env });
    const ended = { state: 'processed', reply: 'skipped', reason: 'Replies are switched off by the operator.' };
    await expect.poll(() => sql(states), { timeout: 30_000 }).toEqual([ended]);
    await worker.stop();
  }, 60_000);

  it('lets nobody in by what it holds, and has again lost what was taken away since', async () => {
    const statements = /```sql\n([\s\S]+?)```/
      .exec(runbook)![1]!
      .replaceAll(/\\set .*/g, '')
      .replaceAll(":'api_keys'", `'{${taken.key}}'`)
      .replaceAll(":'members'", `'{${taken.rob.memberId}}'`)
      .replaceAll(":'users'", `'{${taken.pia.userId}}'`)
      .replace('PERSON_HASH', taken.personHash)
      .replace('ASKED_AT', new Date().toISOString())
      .replace('CODE', taken.code);
    await withClient(ourDatabase(restored), async client => {
      await client.query(statements);
      const rows = async (text: string) => (await client.query(text)).rows;
      expect(await rows('select from auth.sessions union all select from auth.verifications')).toEqual([]);
      expect(await rows('select from auth.accounts where password is not null')).toEqual([]);
      expect(await rows('select from auth.users where is_staff')).toEqual([]);
      expect(await rows('select state from invitations order by id')).toEqual([
        { state: 'accepted' },
        { state: 'revoked' },
      ]);
      expect(await rows('select from api_keys where revoked_at is null')).toEqual([]);
      const people = `select p.name, m.is_active from organization_memberships m join auth.users p on p.id = m.user_id`;
      expect(await rows(`${people} order by p.name`)).toEqual([
        { name: 'Former user', is_active: false },
        { name: 'Olga', is_active: true },
        { name: 'Rob', is_active: false },
      ]);
      for (const table of ['auth.users', 'invitations', 'audit_events'])
        expect(await rows(`select from ${table} t where strpos(t::text, '${taken.pia.email}') > 0`), table).toEqual([]);
      expect(await rows('select code from data_deletions')).toEqual([{ code: taken.code }]);
      expect(await rows(`select from facebook_logins where access_token <> ''`)).toEqual([]);
    });
  });

  it('is told of what was taken away by lines that our code writes', () => {
    const folder = new URL('../../packages/domain/src/', import.meta.url);
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => readFileSync(new URL(name, folder), 'utf8'));
    const lines = [...runbook.matchAll(/^\| [^|]*\| `([^`]+)` *\|/gm)].map(([, line]) => line!);
    expect(lines).toHaveLength(6);
    for (const line of lines)
      expect(
        sources.some(source => source.includes(`}, '${line}')`)),
        line,
      ).toBe(true);
  });
});

/** A delivery of Facebook with a comment on the page. */
function question() {
  const time = Math.floor(Date.now() / 1_000);
  const value = {
    item: 'comment',
    verb: 'add',
    post_id: `${pageId}_1`,
    comment_id: '1_2',
    parent_id: `${pageId}_1`,
    from: { id: '4242', name: 'Sam' },
    message: 'Are you open?',
    created_time: time,
  };
  return { object: 'page', entry: [{ id: pageId, time, changes: [{ field: 'feed', value }] }] };
}

/** A database with an organization, a page with its tokens, and a question that waits for a token. */
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
      facebook_page: { page_id: pageId, access_token: userToken, page_access_token: pageToken },
      config: { auto_reply: true },
    });
    await createIntegration(ctx, { organization, business, ...input });
    // As a check does that found the token good.
    await withClient(ourDatabase(server), client =>
      client.query(`insert into page_claims (page_id, organization_id, integration_id, generation, claimed_at)
        select page_id, organization_id, id, generation, app.now() - interval '1 hour' from facebook_page_integrations`),
    );
    const inbox = new Inbox({ ...services, databaseUrl: env.DATABASE_URL!, namedStatements: true });
    await inbox.accept(parseDelivery(question())!);
    await inbox.close();
    // As a worker does where the token does not work.
    await withClient(ourDatabase(server), client => client.query(`update webhook_events set state = 'parked'`));
    await withClient(ourDatabase(server), client => client.query(peopleAndKeys));
  } finally {
    await services.close();
  }
}

/** Who may come in on the day of the dump, and by what. */
const peopleAndKeys = `
  insert into auth.users (id, name, email, email_verified, is_staff) values
    ('${taken.rob.userId}', 'Rob', 'rob@acme.example', true, true),
    ('${taken.pia.userId}', 'Pia', '${taken.pia.email}', true, false);
  insert into organization_memberships (organization_id, id, user_id, role)
    select id, '${taken.rob.memberId}'::uuid, '${taken.rob.userId}'::uuid, 'OWNER' from organizations
    union all select id, '${taken.pia.memberId}', '${taken.pia.userId}', 'ADMIN' from organizations;
  insert into auth.accounts (id, user_id, account_id, provider_id, password)
    select gen_random_uuid(), id, id, 'credential', 'of that day' from auth.users;
  insert into auth.sessions (id, user_id, token, expires_at)
    select gen_random_uuid(), id, id, now() + interval '7 days' from auth.users;
  insert into auth.verifications (id, identifier, value, expires_at)
    select gen_random_uuid(), 'a link', id, now() + interval '1 hour' from auth.users;
  insert into invitations (organization_id, id, email, role, token_hash, expires_at, state, accepted_by)
    select id, '${newId()}'::uuid, '${taken.pia.email}', 'ADMIN', sha256('one'), now() + interval '7 days', 'accepted',
      '${taken.pia.userId}'::uuid from organizations
    union all select id, '${newId()}', 'nina@acme.example', 'MEMBER', sha256('two'), now() + interval '7 days', 'pending',
      null from organizations;
  insert into audit_events (organization_id, id, actor_type, actor_id, action, subject_type, subject_id, changes, request_id)
    select organization_id, '${newId()}', 'user', '', 'invitation.created', 'invitation', id,
      json_build_object('email', email), 'test' from invitations where accepted_by is not null;
  insert into api_keys (organization_id, id, name, prefix, secret_hash, role, scopes)
    select id, '${taken.key}', 'Shop system', 'pgk_live_', sha256('three'), 'ADMIN', '{read}' from organizations;
  update facebook_logins set person_hash = '\\x${taken.personHash}'`;
