import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { inTurn, type Program, run, type Variables } from './programs.ts';

const key = () => randomBytes(32).toString('base64');

/** All that production needs. Nothing listens there: who gets that far is told so by the last sentence. */
const right: Variables = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://pagekeeper_app:hunter2@127.0.0.1:1/x',
  AUTH_DATABASE_URL: 'postgres://pagekeeper_auth:hunter2@127.0.0.1:1/x',
  REDIS_URL: 'redis://:hunter2@127.0.0.1:1',
  PAGEKEEPER_KEYS: `k1:${key()}`,
  AUTH_SECRET: randomBytes(32).toString('hex'),
  PUBLIC_URL: 'https://app.example',
  SMTP_URL: 'smtp://someone:hunter2@127.0.0.1:1',
  FACEBOOK_APP_ID: '257000000000001',
  FACEBOOK_APP_SECRET: randomBytes(16).toString('hex'),
  FACEBOOK_VERIFY_TOKEN: randomBytes(16).toString('hex'),
};

const doubled = key();
const typed = Buffer.alloc(32, 'typed').toString('base64');

/** What is wrong with the environment, and the sentence about it. */
const faults: [fault: string, variables: Variables, sentence: string, programs?: Program[]][] = [
  ['no database', { DATABASE_URL: undefined }, 'DATABASE_URL is not set.', ['api', 'worker', 'cli']],
  ['no accounts', { AUTH_DATABASE_URL: undefined }, 'AUTH_DATABASE_URL is not set.', ['api']],
  ['no keys', { PAGEKEEPER_KEYS: undefined }, 'PAGEKEEPER_KEYS is not set.', ['api', 'worker', 'cli']],
  [
    'a key that is too short',
    { PAGEKEEPER_KEYS: `k1:${randomBytes(16).toString('base64')}` },
    'PAGEKEEPER_KEYS: the key k1 must be 32 bytes in base64, it has 16.',
    ['api', 'worker', 'cli'],
  ],
  [
    'a key without a name',
    { PAGEKEEPER_KEYS: key() },
    'PAGEKEEPER_KEYS: entry 1 needs an id of a-z, 0-9, _ or - before the colon.',
  ],
  [
    'two keys of one name',
    { PAGEKEEPER_KEYS: `k1:${doubled},k1:${key()}` },
    'PAGEKEEPER_KEYS: the key id k1 stands twice.',
  ],
  [
    'a development key',
    { PAGEKEEPER_KEYS: `dev1:${key()}` },
    'PAGEKEEPER_KEYS: the key dev1 is a development key.',
    ['api', 'worker', 'cli'],
  ],
  [
    'a development key behind the right one',
    { PAGEKEEPER_KEYS: `k1:${key()},dev1:${key()}` },
    'PAGEKEEPER_KEYS: the key dev1 is a development key.',
  ],
  [
    'a key that somebody typed',
    { PAGEKEEPER_KEYS: `k1:${typed}` },
    'PAGEKEEPER_KEYS: the key k1 is not random: openssl rand -base64 32.',
    ['api', 'worker', 'cli'],
  ],
  ['a secret that is too short', { AUTH_SECRET: 'hunter2' }, 'AUTH_SECRET: needs at least 32 characters.', ['api']],
  [
    'a development secret',
    { AUTH_SECRET: `dev-${randomBytes(32).toString('hex')}` },
    'AUTH_SECRET: is a development secret.',
    ['api'],
  ],
  [
    'a secret that somebody typed',
    { AUTH_SECRET: 'hunter2'.repeat(5).replaceAll('u', 'h') },
    'AUTH_SECRET: is not random: openssl rand -hex 32.',
    ['api'],
  ],
  [
    'an app secret with an empty part',
    { FACEBOOK_APP_SECRET: `${randomBytes(16).toString('hex')},` },
    'FACEBOOK_APP_SECRET: needs at least 16 characters in each of its comma-separated parts.',
  ],
  ['no queue', { REDIS_URL: undefined }, 'REDIS_URL: set it, or QUEUE_DATABASE_URL: jobs need a queue.'],
  [
    'two queues',
    { QUEUE_DATABASE_URL: 'postgres://pagekeeper_queue@127.0.0.1:1/x' },
    'REDIS_URL: set either it or QUEUE_DATABASE_URL, not both.',
  ],
  [
    'no mail server',
    { SMTP_URL: undefined },
    'SMTP_URL: must be set in production: invitations and warnings go by mail.',
  ],
  ['an address without TLS', { PUBLIC_URL: 'http://app.example' }, 'PUBLIC_URL: must be https in production.'],
  [
    'an address with a path',
    { PUBLIC_URL: 'https://app.example/pagekeeper' },
    'PUBLIC_URL: must have no path: we answer at its root.',
  ],
  [
    'a Facebook without TLS',
    { FACEBOOK_GRAPH_URL: 'http://127.0.0.1:4700' },
    'FACEBOOK_GRAPH_URL: must be https in production.',
  ],
  ['a failpoint', { FAIL_AT: 'reply.before_http' }, 'FAIL_AT: is for tests and refused in production.'],
  [
    'a library that prints',
    { DEBUG: 'knex:bindings' },
    'DEBUG: prints what must not be printed: unset it in production.',
  ],
  [
    'metrics for everybody',
    { PORT: '4000', METRICS_PORT: '4000' },
    'METRICS_PORT: must differ from PORT, which is for everybody.',
    ['api'],
  ],
  [
    'a kind of system that there is none of',
    { NODE_ENV: 'prod' },
    'NODE_ENV: Invalid option: expected one of "development"|"test"|"production".',
  ],
];

describe('production', () => {
  it.each(faults)('refuses %s: exit 1, one sentence, no value', async (_fault, variables, sentence, programs) => {
    const given = { ...right, ...variables };
    const endings = await Promise.all(
      inTurn(programs ?? ['api', 'worker']).map(async program => {
        const { seconds: _seconds, ...ending } = await run(program, of(program, given));
        return { program, ...ending };
      }),
    );
    for (const { program, ...ending } of endings) {
      expect(ending, program).toEqual({ code: program === 'cli' ? 2 : 1, sentences: [sentence], stdout: '' });
    }
    const said = JSON.stringify(endings);
    for (const value of ['hunter2', doubled, typed]) expect(said).not.toContain(value);
  });

  it('takes what is right: nothing is wrong but that nobody listens', async () => {
    const { code, sentences } = await run('api', right);
    expect(code).toBe(1);
    expect(sentences).toEqual([
      'The database at DATABASE_URL cannot be reached (ECONNREFUSED).',
      'The database at AUTH_DATABASE_URL cannot be reached (ECONNREFUSED).',
      expect.stringMatching(/^The queue could not ask Redis for its settings: \w+\.$/),
    ]);
  });
});

const of = (program: Program, variables: Variables): Variables => {
  if (program === 'api') return variables;
  const { AUTH_DATABASE_URL: _url, AUTH_SECRET: _secret, PORT: _port, ...rest } = variables;
  if (program === 'worker') return rest;
  const { NODE_ENV, DATABASE_URL, PAGEKEEPER_KEYS } = rest;
  return { NODE_ENV, DATABASE_URL, PAGEKEEPER_KEYS };
};
