import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { roleUrls, withDatabase } from '@pagekeeper/domain/database/roles';
import { createTestDatabase } from '@pagekeeper/testing/database';
import { dropDatabase } from '@pagekeeper/testing/database/template';
import { repositoryFolder } from '@pagekeeper/testing/processes';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { pagekeeper, pagekeeperJson } from './run.ts';

const servers = inject('servers');
const database = `${servers.prefix}${randomBytes(6).toString('hex')}`;
// The passwords of this run's roles, which other tests log in with.
const urls = roleUrls(servers.adminUrl, { database, passwords: servers.passwords });
const env = {
  ADMIN_DATABASE_URL: servers.adminUrl,
  MIGRATION_DATABASE_URL: urls.owner,
  DATABASE_URL: urls.app,
  AUTH_DATABASE_URL: urls.auth,
  QUEUE_DATABASE_URL: urls.queue,
};

afterAll(() => dropDatabase(servers.adminUrl, database));

async function ask(url: string, sql: string): Promise<any[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('from an empty server to the newest schema', () => {
  it('makes the database and its roles, twice', async () => {
    for (const _ of ['once', 'again']) {
      expect(await pagekeeperJson(['roles'], { env })).toMatchObject({ database });
    }
    const [row] = await ask(urls.owner, 'select current_user as role, current_database() as database');
    expect(row).toEqual({ role: 'pagekeeper_owner', database });
  });

  it('shows the SQL first, and changes nothing by that', async () => {
    const { code, stdout } = await pagekeeper(['migrate:sql'], { env: { MIGRATION_DATABASE_URL: urls.owner } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^-- 0001_people\n[\s\S]*create schema auth;[\s\S]*-- 0002_tenancy/);
    expect(
      await ask(urls.owner, `select to_regclass('organizations') as it, to_regclass('migrations') as list`),
    ).toEqual([{ it: null, list: null }]);
  });

  it('migrates, takes the last one back, and says what is missing then', { timeout: 120_000 }, async () => {
    const { applied } = await pagekeeperJson(['migrate'], { env });
    expect(applied[0]).toBe('0001_people');
    const last = applied.at(-1);
    const [unsure, back] = await Promise.all([
      pagekeeper(['migrate:down'], { env }),
      pagekeeperJson(['migrate:down', '--yes'], { env }),
    ]);
    expect([unsure.code, back]).toEqual([2, { taken_back: last }]);
    const status = await pagekeeper(['migrate:status'], { env });
    expect(status.stdout).toMatch(new RegExp(`0001_people +\\d{4}-.*[\\s\\S]*${last} +missing\n1 migration missing`));
    expect(await pagekeeperJson(['migrate'], { env })).toEqual({ applied: [last], queue: true });
    const [{ count }] = await ask(urls.app, 'select count(*)::int from migrations');
    expect(count).toBe(applied.length);
  });

  it('opens psql as the role that is asked for, with no password on the command line', async () => {
    const hasPsql = spawnSync('psql', ['--version']).status === 0;
    const words = ['db:shell', '--role', 'owner', '--', '--tuples-only', '--no-align', '-c', 'select current_user'];
    const { code, stdout, stderr } = await pagekeeper(words, { env });
    if (hasPsql) expect([code, stdout, stderr]).toEqual([0, 'pagekeeper_owner\n', '']);
    else expect([code, stderr]).toEqual([1, expect.stringMatching(/^There is no psql on PATH: .*pagekeeper_owner@/)]);
    expect(stderr).not.toContain(servers.passwords.owner);
    if (!hasPsql) return;
    const look = '\\! tr "\\\\0" " " < /proc/$PPID/cmdline';
    const seen = await pagekeeper(['db:shell', '--', '-c', look], { env });
    expect(seen.stdout).toContain('psql');
    expect(seen.stdout).not.toContain(servers.passwords.app);
  });
});

it('tells psql about TLS in words that it knows', async () => {
  const folder = mkdtempSync(join(servers.folder, 'psql-'));
  writeFileSync(join(folder, 'psql'), '#!/bin/sh\necho "$PGSSLMODE $PGSSLROOTCERT"\n', { mode: 0o755 });
  const said = async (parameters: string) => {
    const variables = { DATABASE_URL: `${urls.app}?${parameters}`, PATH: `${folder}:${process.env.PATH}` };
    return (await pagekeeper(['db:shell'], { env: variables })).stdout.trim();
  };
  expect(await said('sslmode=verify-full&sslrootcert=/etc/ca.pem')).toBe('verify-full /etc/ca.pem');
  expect(await said('sslmode=no-verify')).toBe('require');
});

describe('migrate:make', () => {
  it('writes a numbered file and lists it, and what it lists can be shown', async () => {
    const folder = mkdtempSync(join(servers.folder, 'migrations-'));
    const from = join(repositoryFolder, 'packages/domain/src/database/migrations/index.ts');
    cpSync(from, join(folder, 'index.ts'));
    const { name, file } = await pagekeeperJson(['migrate:make', 'Add invoices', '--folder', folder]);
    expect(name).toMatch(/^\d{4}_add_invoices$/);
    const index = readFileSync(join(folder, 'index.ts'), 'utf8');
    expect(index).toContain(`\nimport * as addInvoices from './${name}.ts';\n\n/** SQL text`);
    expect(index).toContain(`\n  { name: '${name}', ...addInvoices },\n];`);
    expect(readFileSync(file, 'utf8')).toContain('export const up = `');
  });
});

it('wrong input is a sentence, and exit code 2', async () => {
  const mixedUp = {
    ...env,
    DATABASE_URL: env.MIGRATION_DATABASE_URL,
    AUTH_DATABASE_URL: 'postgres://pagekeeper_auth@127.0.0.1/x',
  };
  const cases: [string[], Record<string, string>, string][] = [
    [['migrat'], {}, "Unknown command 'migrat'\n(Did you mean migrate?)"],
    [['migrate', '--fast'], {}, "Unknown option '--fast'."],
    [['migrate:make'], {}, "Missing required argument 'name'."],
    [['migrate'], {}, 'MIGRATION_DATABASE_URL is not set.'],
    [['db:shell', '--role', 'root'], {}, 'The role must be one of app, owner, auth, queue, admin.'],
    [['migrate:sql', '99'], {}, 'There is no migration 99. pagekeeper migrate:status lists them.'],
    [['migrate:make', '1'], {}, 'The name needs words of letters, such as add-invoices.'],
    [
      ['roles'],
      mixedUp,
      'DATABASE_URL: must log in as pagekeeper_app.\nAUTH_DATABASE_URL: has no password.\n' +
        'The URLs of the roles must name one and the same database.',
    ],
  ];
  const runs = await Promise.all(cases.map(([words, variables]) => pagekeeper(words, { env: variables })));
  for (const [index, { code, stdout, stderr }] of runs.entries()) {
    expect([code, stdout, stderr.trim()]).toEqual([2, '', cases[index]![2]]);
  }
}, 90_000);

describe('a failure is a sentence, and exit code 1', () => {
  it('says so where the database is away, without its password', { timeout: 60_000 }, async () => {
    const away = new URL(urls.owner);
    away.port = '1';
    const { code, stdout, stderr } = await pagekeeper(['migrate:status'], {
      env: { MIGRATION_DATABASE_URL: away.href },
    });
    expect(stdout).toBe('');
    expect([code, stderr]).toEqual([1, 'A database cannot be reached (ECONNREFUSED). pagekeeper doctor says which.\n']);
    const keys = { DATABASE_URL: away.href, PAGEKEEPER_KEYS: `k1:${randomBytes(32).toString('base64')}` };
    const check = await pagekeeper(['keys', 'check'], { env: keys });
    expect([check.code, check.stderr]).toEqual([1, 'The database at DATABASE_URL cannot be reached (ECONNREFUSED).\n']);
    const none = withDatabase(urls.owner, `${database}_none`);
    const there = await pagekeeper(['migrate:status'], { env: { MIGRATION_DATABASE_URL: none } });
    expect([there.code, there.stderr]).toEqual([1, 'There is no such database. Make it with pagekeeper roles.\n']);
  });
});

describe('the system of npm start', () => {
  const folder = mkdtempSync(join(servers.folder, 'checkout-'));
  const file = join(folder, '.pagekeeper/variables.json');
  const words = ['migrate:status', '--json'];

  beforeAll(() => {
    mkdirSync(join(folder, '.pagekeeper'));
    writeFileSync(file, JSON.stringify({ NODE_ENV: 'development', MIGRATION_DATABASE_URL: urls.owner }), {
      mode: 0o600,
    });
  });

  it('is found in its folder where nothing is set, and nowhere in production', { timeout: 60_000 }, async () => {
    const development = { NODE_ENV: undefined };
    expect((await pagekeeper(words, { cwd: folder, env: development })).code).toBe(0);
    const production = await pagekeeper(words, { cwd: folder, env: { NODE_ENV: 'production' } });
    expect([production.code, production.stderr]).toEqual([2, 'MIGRATION_DATABASE_URL is not set.\n']);
    const set = await pagekeeper(words, { cwd: folder, env: { ...development, DATABASE_URL: urls.app } });
    expect([set.code, set.stderr]).toEqual([2, 'MIGRATION_DATABASE_URL is not set.\n']);
  });

  it('is refused where others could read it', async () => {
    spawnSync('chmod', ['644', file]);
    const { code, stderr } = await pagekeeper(words, { cwd: folder, env: { NODE_ENV: undefined } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/must be yours alone \(chmod 600\)/)]);
  });
});

describe('the doctor', () => {
  it('finds nothing broken in the database, says what is not set, and changes nothing', async () => {
    const whole = await createTestDatabase();
    const { code, stdout } = await pagekeeper(['doctor'], {
      env: {
        DATABASE_URL: whole.urls.app,
        MIGRATION_DATABASE_URL: whole.urls.owner,
        QUEUE_DATABASE_URL: whole.urls.queue,
        PAGEKEEPER_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      },
    });
    expect(code).toBe(1);
    const { host } = new URL(whole.urls.app);
    expect(stdout).toMatch(
      new RegExp(`^✓ database   PostgreSQL \\d+\\.\\d+ at ${host}/${whole.name}\n✓ clock      \\d+ ms`),
    );
    for (const line of [
      '✓ roles      pagekeeper_app, pagekeeper_owner, pagekeeper_queue',
      '✓ migrations the newest is there',
      '✓ keys       k1 wraps every data key',
      '✓ queue      Postgres: 0 jobs waiting, 0 running, 0 failed',
      '✗ variables  FACEBOOK_APP_ID is not set.\n             → .env.example says what it is for.',
      '! mail       SMTP_URL is not set: no mail is sent\n             → Set SMTP_URL',
    ]) {
      expect(stdout).toContain(line);
    }
    expect(await ask(whole.adminUrl, 'select from system_keys')).toEqual([]);
    await whole.drop();
  });

  it('names what is broken, one line each, with what mends it', async () => {
    const { findings, broken } = JSON.parse(
      (
        await pagekeeper(['doctor', '--json'], {
          env: {
            DATABASE_URL: urls.owner,
            AUTH_DATABASE_URL: urls.auth.replace(servers.passwords.auth, 'hunter2'),
            REDIS_URL: 'redis://127.0.0.1:1',
            PAGEKEEPER_KEYS: `k1:${randomBytes(32).toString('base64')}`,
            FACEBOOK_APP_ID: '257000000000001',
            FACEBOOK_APP_SECRET: 'hunter2hunter2hunter2',
            FACEBOOK_GRAPH_URL: 'http://127.0.0.1:1',
            PUBLIC_URL: 'http://127.0.0.1:1',
            SMTP_URL: 'smtp://someone:hunter2@127.0.0.1:1',
          },
        })
      ).stdout,
    );
    const text = JSON.stringify(findings);
    expect(broken).toBe(6);
    expect(text).toContain('DATABASE_URL logs in as pagekeeper_owner, not as pagekeeper_app');
    expect(text).toContain('pagekeeper roles makes the roles, with the passwords in the URLs.');
    expect(text).toContain('which owns our tables or the database: row level security would not hold it');
    expect(text).toContain('Start Redis, or correct it or REDIS_URL.');
    expect(text).toContain('Can this machine reach http://127.0.0.1:1?');
    expect(text).toContain('Start the mail server, or correct SMTP_URL.');
    expect(text).not.toContain('hunter2');
    for (const { state, fix } of findings) if (state !== 'ok') expect(fix).toBeTruthy();
  });
});
