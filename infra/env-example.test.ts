import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { serviceVariables } from '@pagekeeper/domain/environment';
import { describeEnvironment } from '@pagekeeper/runtime/describe-environment';
import { startNames } from '@pagekeeper/testing/env';
import { argumentsFor, entryOf, repositoryFolder } from '@pagekeeper/testing/processes';
import { describe, expect, it } from 'vitest';
import { apiVariables } from '../apps/api/src/env.ts';
import { workerVariables } from '../apps/worker/src/env.ts';

const example = () => {
  const shared = new Set(Object.keys(serviceVariables.shape));
  return `# Written from apps/*/src/env.ts: npm test -- infra/env-example.test.ts -u writes it anew.
# A line without a # needs a value; in production SMTP_URL does too, and REDIS_URL or QUEUE_DATABASE_URL does everywhere.
# npm start needs none of this: it chooses everything itself.

# The api and the worker

${describeEnvironment(serviceVariables)}
# The api alone

${describeEnvironment(apiVariables, shared)}
# The worker alone

${describeEnvironment(workerVariables, shared)}
# For pagekeeper, the command line, which reads the ones above too; no process at run time reads these.

# pagekeeper_owner on the database.
# MIGRATION_DATABASE_URL=
# The server's administrator, for npm start and pagekeeper roles: a superuser, or a role with CREATEROLE and CREATEDB.
# ADMIN_DATABASE_URL=
# For npm start: where the simulator and the mail server listen.
# SIMULATOR_PORT=4700
# MAIL_PORT=4800
`;
};

it('.env.example says what the processes read', async () => {
  await expect(example()).toMatchFileSnapshot('../.env.example');
});

it('npm start looks at every variable of the api and the worker, save where it listens and what is for tests', () => {
  const names = new Set([...Object.keys(apiVariables.shape), ...Object.keys(workerVariables.shape)]);
  const left = [...names].filter(name => !startNames.includes(name));
  expect(left.sort()).toEqual(['DEBUG', 'FAIL_AT', 'FAIL_BY', 'HOST']);
});

/** Starts a process with just these variables; it must end by itself. */
function run(app: string, env: Record<string, string>) {
  const began = Date.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, argumentsFor(entryOf(app)), {
    cwd: repositoryFolder,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, sentences: stderr.trim().split('\n').sort(), stdout, seconds: (Date.now() - began) / 1_000 };
}

describe.each(['api', 'worker'])('the %s', { timeout: 90_000 }, app => {
  it('names every variable that is missing, in a sentence each, and exits with 1', () => {
    const { status, sentences, stdout, seconds } = run(app, {});
    const missing = [
      'DATABASE_URL',
      'FACEBOOK_APP_ID',
      'FACEBOOK_APP_SECRET',
      'FACEBOOK_VERIFY_TOKEN',
      'PAGEKEEPER_KEYS',
    ];
    missing.push('PUBLIC_URL');
    if (app === 'api') missing.push('AUTH_DATABASE_URL', 'AUTH_SECRET');
    expect(sentences).toEqual(missing.map(name => `${name} is not set.`).sort());
    expect([status, stdout]).toEqual([1, '']);
    expect(seconds).toBeLessThan(5);
  });

  it('refuses contradictions and what is for tests only, without printing a value', () => {
    const key = randomBytes(32).toString('base64');
    const { status, sentences } = run(app, {
      DATABASE_URL: 'postgres://pagekeeper_app:hunter2@127.0.0.1:1/x',
      AUTH_DATABASE_URL: 'postgres://pagekeeper_auth:hunter2@127.0.0.1:1/x',
      QUEUE_DATABASE_URL: 'postgres://pagekeeper_queue:hunter2@127.0.0.1:1/x',
      REDIS_URL: 'redis://127.0.0.1:1',
      PAGEKEEPER_KEYS: `k1:${key}`,
      AUTH_SECRET: 'hunter2 is by no means a secret of 32 random bytes',
      PUBLIC_URL: 'https://app.example',
      FACEBOOK_APP_ID: '1',
      FACEBOOK_APP_SECRET: 'hunter2hunter2hunter2',
      FACEBOOK_VERIFY_TOKEN: 'hunter2 is no verify token',
      FAIL_AT: 'reply.before_http',
      FACEBOOK_GRAPH_URL: 'http://127.0.0.1:4700',
      REPLY_QUIET_SECONDS: '9',
    });
    const tooShort =
      'REPLY_QUIET_SECONDS: must not be shorter than FACEBOOK_TIMEOUT_MS: what is under way would count as not sent.';
    expect(status).toBe(1);
    expect(sentences).toEqual([
      'FACEBOOK_GRAPH_URL: must be https in production.',
      'FAIL_AT: is for tests and refused in production.',
      'REDIS_URL: set either it or QUEUE_DATABASE_URL, not both.',
      ...(app === 'worker' ? [tooShort] : []),
      'SMTP_URL: must be set in production: invitations and warnings go by mail.',
    ]);
    expect(sentences.join()).not.toContain('hunter2');
    expect(sentences.join()).not.toContain(key);
  });

  it('says that the database cannot be reached, without its password', () => {
    const { status, sentences } = run(app, {
      NODE_ENV: 'development',
      DATABASE_URL: 'postgres://pagekeeper_app:hunter2@127.0.0.1:1/x',
      AUTH_DATABASE_URL: 'postgres://pagekeeper_auth:hunter2@127.0.0.1:1/x',
      QUEUE_DATABASE_URL: 'postgres://pagekeeper_queue:hunter2@127.0.0.1:1/x',
      PAGEKEEPER_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
      AUTH_SECRET: 'hunter2hunter2hunter2hunter2hunter2hunter2',
      PUBLIC_URL: 'http://127.0.0.1:4000',
      FACEBOOK_APP_ID: '1',
      FACEBOOK_APP_SECRET: 'hunter2hunter2hunter2',
      FACEBOOK_VERIFY_TOKEN: 'hunter2hunter2hunter2',
    });
    expect(status).toBe(1);
    const names = ['DATABASE_URL', 'QUEUE_DATABASE_URL'];
    if (app === 'api') names.push('AUTH_DATABASE_URL');
    expect(sentences).toEqual(names.sort().map(name => `The database at ${name} cannot be reached (ECONNREFUSED).`));
  });
});
