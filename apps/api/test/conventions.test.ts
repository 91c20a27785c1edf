import { gzipSync } from 'node:zlib';
import { setStaff } from '@pagekeeper/domain/staff/set-staff';
import { itWithoutPooler } from '@pagekeeper/testing/network/behind-pgbouncer';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer } from '@pagekeeper/testing/network/persona';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '../src/endpoints.ts';
import { holdAnswersToTheContract, holdProblem, isWithin, pathOf } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;
let cookie: string;
let integration: string;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  acme = await network.tenant('acme');
  integration = (await acme.connectPage()).id;
  cookie = await signIn();
}, 60_000);

afterAll(() => network?.stop());

async function signIn(): Promise<string> {
  const credentials = { email: acme.owner.email, password: 'pagekeeper-demo' };
  const { headers } = await network.anonymous.post('/auth/sign-in/email', credentials);
  return [headers['set-cookie']]
    .flat()
    .map(value => value!.split(';', 1)[0])
    .join('; ');
}

const organizations = '/v1/organizations';
const businesses = () => `${acme.path}/businesses`;

/** A request of which every byte is chosen, with the owner's session and the right origin unless said otherwise. */
async function send(
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const sent = { Cookie: cookie, Origin: network.apiUrl, 'Content-Type': 'application/json', ...headers };
  const given = Object.entries(sent).filter(([, value]) => value !== '');
  const response = await fetch(`${network.apiUrl}${path}`, {
    method,
    headers: given as [string, string][],
    body: body as string,
  });
  const text = await response.text();
  const parsed = text.startsWith('{') ? JSON.parse(text) : text;
  return { status: response.status, body: parsed, text, headers: Object.fromEntries(response.headers) };
}

/** A refusal with this status and code. */
function expectProblem(answer: Answer, path: string, status: number, code?: string): void {
  expect([answer.status, answer.text]).toEqual([status, answer.text]);
  holdProblem(path, answer);
  if (code) expect(answer.body.code).toBe(code);
}

describe('a body', () => {
  it.each([
    ['no JSON', '{"name":', 400, 'malformed_json'],
    ['a lone word', 'null', 400, 'invalid_request'],
    ['a lone text', '"x"', 400, 'invalid_request'],
    ['bytes that are not UTF-8', Buffer.from('{"name":"caf\xe9"}', 'latin1'), 400, 'malformed_json'],
    ['text after the JSON', '{"name":"x"} x', 400, 'malformed_json'],
    ['a list', '[]', 400, 'invalid_request'],
    ['nothing', '', 400, 'invalid_request'],
    ['an empty object', '{}', 400, 'invalid_request'],
    ['__proto__', '{"name":"x","__proto__":{"role":"OWNER"}}', 400, 'invalid_request'],
    ['constructor', '{"name":"x","constructor":{"prototype":{"a":1}}}', 400, 'invalid_request'],
    ['prototype', '{"name":"x","prototype":1}', 400, 'invalid_request'],
    ['__proto__ written otherwise', '{"name":"x","\\u005f_proto__":1}', 400, 'invalid_request'],
    ['many brackets', `{"name":${'['.repeat(40_000)}${']'.repeat(40_000)}}`, 400, 'invalid_request'],
    ['many objects in each other', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 400, 'invalid_request'],
    [
      'ten thousand unknown fields',
      JSON.stringify(Object.fromEntries(Array.from({ length: 9_000 }, (_, at) => [`f${at}`, 1]))),
      400,
      'invalid_request',
    ],
    ['over 100 kB', JSON.stringify({ name: 'x'.repeat(110_000) }), 413, 'body_too_large'],
    ['over 100 kB of blanks', `{"name":"x"${' '.repeat(110_000)}}`, 413, 'body_too_large'],
  ] as const)('of %s is refused', async (_, body, status, code) => {
    const answer = await send('POST', organizations, body);
    expectProblem(answer, organizations, status, code);
    expect(answer.text.length).toBeLessThan(20_000);
    expect(Object.hasOwn(Object.prototype, 'role')).toBe(false);
  });

  it('inside another body is refused in the same way', async () => {
    const path = `${businesses()}/${acme.business.id}/integrations`;
    const nested =
      '{"integration_type":"FACEBOOK_PAGE","name":"x","config":{"message_reply":{"__proto__":{"text":"x"}}}}';
    const answer = await send('POST', path, nested);
    expectProblem(answer, path, 400, 'invalid_request');
    expect(answer.body.errors).toEqual([
      { pointer: '/config/message_reply/__proto__', code: 'forbidden_key', detail: expect.any(String) },
    ]);
  });

  it('names each unknown field with a JSON pointer', async () => {
    const answer = await send('POST', organizations, '{"name":"x","a/b~c":1,"slug":"Wrong","other":{}}');
    expectProblem(answer, organizations, 400, 'invalid_request');
    const pointers = answer.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(pointers.sort()).toEqual(['/a~1b~0c', '/other', '/slug']);
  });

  it.each([
    ['', 415],
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/merge-patch+json', 415],
    ['application/jsonp', 415],
    ['application/json; charset=utf-7', 415],
    ['application/json; charset=utf-16', 415],
    ['application/json; charset=latin1', 415],
    ['application/json; charset=utf-8; charset=utf-7', 415],
    ['application/json; charset=UTF-8', 201],
    ['application/json;charset="utf-8"', 201],
    ['Application/JSON', 201],
  ])('with Content-Type %j is answered %i', async (type, status) => {
    // As bytes: fetch gives a text without a type one of its own.
    const answer = await send('POST', businesses(), Buffer.from('{"name":"Typed"}'), { 'Content-Type': type });
    if (status === 201) expect(answer.status).toBe(201);
    else expectProblem(answer, businesses(), 415, 'unsupported_media_type');
  });

  it('may come compressed, and its limit counts what it unpacks to', async () => {
    const packed = { 'Content-Encoding': 'gzip' };
    expect((await send('POST', businesses(), gzipSync('{"name":"Packed"}'), packed)).status).toBe(201);
    const bomb = gzipSync(JSON.stringify({ name: 'x'.repeat(20_000_000) }));
    expectProblem(await send('POST', businesses(), bomb, packed), businesses(), 413);
    expectProblem(await send('POST', businesses(), 'no gzip', packed), businesses(), 400);
    expectProblem(await send('POST', businesses(), '{}', { 'Content-Encoding': 'compress' }), businesses(), 415);
  });

  it('is refused where none belongs, and not missed there', async () => {
    const path = `${businesses()}/${acme.business.id}/restore`;
    expectProblem(await send('POST', path, '{"is_active":false}'), path, 400, 'invalid_request');
    expectProblem(await send('POST', path, 'x', { 'Content-Type': 'text/plain' }), path, 415);
    expect((await send('POST', path, undefined, { 'Content-Type': '' })).status).toBe(200);
    expect((await send('POST', path, '{}')).status).toBe(200);
  });
});

describe('a text', () => {
  const path = () => `${businesses()}/${acme.business.id}`;

  it.each([
    ['NUL', 'a\u0000b'],
    ['the first half of a pair', 'a\ud83d'],
    ['the second half of a pair', '\ude00b'],
    ['a pair the wrong way round', '\ude00\ud83d'],
  ])('with %s is refused in every field', async (_, text) => {
    const bodies: [method: string, path: string, body: object, pointer: string][] = [
      ['POST', organizations, { name: text }, '/name'],
      ['POST', businesses(), { name: 'x', slug: text }, '/slug'],
      ['PATCH', path(), { description: text }, '/description'],
      [
        'PATCH',
        `${acme.path}/integrations/${integration}`,
        { config: { message_reply: { text } } },
        '/config/message_reply/text',
      ],
      ['PUT', `${acme.path}/integrations/${integration}/facebook-page`, { page_name: text }, '/page_name'],
    ];
    for (const [method, at, body, pointer] of bodies) {
      const answer = await send(method, at, JSON.stringify(body));
      expectProblem(answer, at, 400, 'invalid_request');
      expect(answer.body.errors[0].pointer).toBe(pointer);
    }
  });

  it('of emoji, right-to-left words, markup and quotes comes back as it went in', async () => {
    const texts = [
      '👩‍👩‍👧 😀',
      'مرحبا',
      '<script>alert(1)</script>',
      `'"; drop table businesses; --`,
      '\u2028\u2029\u200d',
      '{{7*7}} %s %n',
    ];
    for (const description of texts) {
      const changed = await acme.owner.expect(200, acme.owner.patch(path(), { description }));
      expect(changed.description).toBe(description);
    }
  });

  it.each([
    ['name', 201],
    ['description', 2_001],
    ['slug', 64],
  ])('that is too long for %s is refused', async (field, length) => {
    const { errors } = await acme.owner.expect(400, acme.owner.patch(path(), { [field]: 'x'.repeat(length) }));
    expect(errors).toMatchObject([{ pointer: `/${field}` }]);
    await acme.owner.expect(400, acme.owner.patch(path(), { [field]: 'x'.repeat(90_000) }));
  });

  it.each(['Evil\r\nBcc: all@x.example', '\u202egro.live', '\u200b', '\x1b[31mred', 'a\u2028b', '\u2066x'])(
    'that is no name is refused as one: %j',
    async name => {
      for (const [at, method] of [
        [organizations, 'post'],
        [businesses(), 'post'],
        [acme.path, 'patch'],
        ['/v1/me', 'patch'],
      ] as const) {
        const { errors } = await acme.owner.expect(400, acme.owner[method](at, { name }));
        expect(errors).toMatchObject([{ pointer: '/name', code: 'invalid_value' }]);
      }
    },
  );

  it.each(['Café №1 — "Zur Post"', '👩‍👩‍👧', 'مقهى می‌خواهم', '日本'])('is a name: %j', async name => {
    const changed = await acme.owner.expect(200, acme.owner.patch(path(), { name }));
    expect(changed.name).toBe(name);
  });

  it('as long as a field may be is taken, however many bytes that is', async () => {
    await acme.owner.expect(200, acme.owner.patch(path(), { name: '日'.repeat(200), description: '😀'.repeat(1_000) }));
  });
});

/** Bodies that their endpoints take, in which one field at a time is spoilt. */
const writes = (): [method: 'post' | 'patch' | 'put', path: string, table: string, body: Record<string, unknown>][] => [
  ['post', organizations, 'organizations', { name: 'New' }],
  ['patch', acme.path, 'organizations', { name: 'New' }],
  ['post', `${acme.path}/api-keys`, 'api_keys', { name: 'New', role: 'MEMBER', scopes: ['read'] }],
  ['post', businesses(), 'businesses', { name: 'New', description: 'd' }],
  ['patch', `${businesses()}/${acme.business.id}`, 'businesses', { name: 'New', description: 'd' }],
  [
    'post',
    `${businesses()}/${acme.business.id}/integrations`,
    'integrations',
    { integration_type: 'FACEBOOK_PAGE', name: 'New', config: {} },
  ],
  ['patch', `${acme.path}/integrations/${integration}`, 'integrations', { name: 'New', config: {} }],
  [
    'put',
    `${acme.path}/integrations/${integration}/facebook-page`,
    'facebook_page_integrations',
    { page_id: '1', access_token: 'EAA', page_access_token: 'EAA' },
  ],
];

async function rowsOf(table: string): Promise<string> {
  const rows = await network.sql(`select t::text from ${table} t order by 1`);
  return JSON.stringify(rows);
}

describe('a write', () => {
  it('takes no field of another type', async () => {
    for (const [method, path, table, body] of writes()) {
      const before = await rowsOf(table);
      for (const field of Object.keys(body)) {
        for (const wrong of [null, 7, true, [], ['x'], { x: 1 }, '']) {
          if (field === 'config' && JSON.stringify(wrong) === '{}') continue;
          if (field === 'description' && wrong === '') continue;
          const { errors } = await acme.owner.expect(400, acme.owner.send(method, path, { ...body, [field]: wrong }));
          expect(errors[0].pointer.startsWith(`/${field}`)).toBe(true);
        }
      }
      expect(await rowsOf(table)).toBe(before);
    }
  });
});

describe('a session', () => {
  it('writes from its own site only', async () => {
    const body = '{"name":"Cross"}';
    const before = await rowsOf('businesses');
    for (const origin of [
      'https://evil.example',
      'null',
      '',
      `${network.apiUrl}.evil.example`,
      `${network.apiUrl}0`,
      'http://127.0.0.1:1',
    ]) {
      expectProblem(
        await send('POST', businesses(), body, { Origin: origin }),
        businesses(),
        403,
        'origin_not_allowed',
      );
      expectProblem(
        await send('DELETE', acme.path, undefined, { Origin: origin }),
        acme.path,
        403,
        'origin_not_allowed',
      );
    }
    expect(await rowsOf('businesses')).toBe(before);
    expect((await send('POST', businesses(), body)).status).toBe(201);
    // Reading is what browsers keep from other sites themselves.
    expect((await send('GET', acme.path, undefined, { Origin: 'https://evil.example' })).status).toBe(200);
  });

  it('is asked for before anything else is looked at', async () => {
    const strangers = [
      '',
      'pagekeeper.session_token=',
      'pagekeeper.session_token=a.b',
      'pagekeeper.session_token=%E0%A4%A',
      `${cookie.slice(0, -8)}AAAAAAAA`,
      'x'.repeat(4_000),
    ];
    for (const stranger of strangers) {
      const answer = await send('POST', businesses(), '{"name":', { Cookie: stranger, Origin: 'https://evil.example' });
      expectProblem(answer, businesses(), 401, 'unauthenticated');
    }
    expectProblem(await send('GET', acme.path, undefined, { Cookie: '', Authorization: 'Bearer x' }), acme.path, 401);
  });
});

describe('an answer', () => {
  it('carries the caller’s request id where it is a sensible one', async () => {
    const idFor = async (given: string) =>
      (await send('GET', acme.path, undefined, { 'X-Request-Id': given })).headers['x-request-id'];
    expect(await idFor('trace-42_a.b')).toBe('trace-42_a.b');
    const secret = `EAAG${'x'.repeat(40)}`;
    for (const odd of ['a b', 'x'.repeat(65), '<script>', 'a,b', '../../etc', secret, 'cli-1']) {
      expect(await idFor(odd)).toMatch(/^[0-9a-f-]{36}$/);
    }
    const refused = await send('GET', `${acme.path}?x=1`, undefined, { 'X-Request-Id': 'mine' });
    expect(refused.body.request_id).toBe('mine');
  });

  it('to an unknown address is a 404, to an unknown method a 405, both as problems', async () => {
    for (const path of [
      '/',
      '/v1',
      '/v2/organizations',
      '/v1/organizations/x/y/z',
      '/admin',
      '/.env',
      '/docs/index.html',
      '/docs/package.json',
    ]) {
      const answer = await send('GET', path);
      expectProblem(answer, path, 404, 'no_such_route');
    }
    const answer = await send('PUT', organizations, '{}');
    expectProblem(answer, organizations, 405, 'method_not_allowed');
    expect(answer.headers.allow).toBe('GET, HEAD, POST');
    expectProblem(await send('OPTIONS', acme.path), acme.path, 405);
    expectProblem(await send('GET', '/v1/organizations/%ff'), '/v1/organizations/%ff', 400);
    expect((await send('HEAD', acme.path)).status).toBe(200);
  });

  it('has the headers that keep browsers safe, and is not stored', async () => {
    for (const path of [
      acme.path,
      '/v1/organizations?x=1',
      '/no-such',
      '/healthz',
      '/auth/get-session',
      '/docs',
      '/openapi.json',
    ]) {
      const { headers } = await send('GET', path);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['strict-transport-security']).toMatch(/max-age=\d{7,}/);
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    expect((await send('GET', acme.path)).headers['cache-control']).toBe('no-store');
  });
});

describe('reading', () => {
  it('happens in transactions that cannot write', async () => {
    // A policy that lets nobody see a row in a transaction which may write, as if the database were going down.
    await network.sql(`
      create function public.only_read_only() returns boolean language plpgsql volatile as $$
      begin
        if current_setting('transaction_read_only') = 'off' then
          raise exception 'may write' using errcode = '57P03';
        end if;
        return true;
      end $$;
      create policy only_read_only on organization_memberships as restrictive for select using (public.only_read_only());
    `);
    // Staff may read what everybody may, and more.
    const appoint = (isStaff: boolean) =>
      setStaff(network.database.urls.owner, { email: acme.owner.email, isStaff, unconfirmed: true });
    await appoint(true);
    try {
      const values = { organization: acme.organization.id, business: acme.business.id, integration };
      const gets = endpoints.filter(
        ({ method, path, streams }) => method === 'get' && !streams && isWithin(path, values),
      );
      for (const { path } of gets) await acme.owner.expect(200, acme.owner.get(pathOf(path, values)));
      await acme.owner.expect(503, acme.owner.patch(acme.path, { name: 'x' }));
    } finally {
      await appoint(false);
      await network.sql(
        'drop policy only_read_only on organization_memberships; drop function public.only_read_only()',
      );
    }
  });
});

describe('an outage', () => {
  /** Does something while somebody holds every business's row. */
  async function whileHeld(work: () => Promise<void>): Promise<void> {
    const holder = new pg.Client({ connectionString: network.database.adminUrl });
    await holder.connect();
    try {
      await holder.query('begin');
      await holder.query('select from businesses for update');
      await work();
    } finally {
      await holder.end();
    }
  }
  const rename = (name: string) => acme.owner.patch(`${businesses()}/${acme.business.id}`, { name });

  it('of one row, held by somebody for too long, is a 503 and soon over', async () => {
    await whileHeld(async () => void (await acme.owner.expect(503, rename('Held'))));
    await acme.owner.expect(200, rename('Free'));
  });

  // PgBouncer has one pool for all of a role's connections: there the slow ones hold that.
  itWithoutPooler('of slow requests, which hold the whole pool, takes no api out of service', async () => {
    const slow: Promise<Answer>[] = [];
    await whileHeld(async () => {
      for (let count = 0; count < 64; count += 1) slow.push(rename('Slow'));
      const waits = `select 1 from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' having count(*) >= 8`;
      await network.untilSql(waits, 'requests wait for the row');
      const { status, body } = await network.anonymous.get('/readyz?exclude=queue');
      expect([status, body]).toEqual([200, { status: 'ready', checks: { database: true } }]);
    });
    await Promise.all(slow);
  });

  itWithoutPooler('of the database is a 503 with Retry-After, and over as soon as the database is back', async () => {
    const { name } = network.database;
    // For everybody but the superuser: no new connection, and no old one.
    await network.sql(`alter database ${name} connection limit 0`);
    try {
      await network.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename like 'pagekeeper%'`,
        [name],
      );
      const began = Date.now();
      for (const [method, path] of [
        ['get', organizations],
        ['get', acme.path],
        ['patch', acme.path],
      ] as const) {
        const answer = await acme.owner.send(method, path, method === 'get' ? undefined : { name: 'x' });
        expect([answer.status, answer.body.code]).toEqual([503, 'unavailable']);
        expect(answer.headers['retry-after']).toBe('2');
      }
      const credentials = { email: acme.owner.email, password: 'pagekeeper-demo' };
      const signIn = await network.anonymous.post('/auth/sign-in/email', credentials);
      expectProblem(signIn, '/auth/sign-in/email', 503, 'unavailable');
      expect(Date.now() - began).toBeLessThan(10_000);
      expect((await network.anonymous.get('/healthz')).body).toEqual({ status: 'ok' });
      const ready = await network.anonymous.get('/readyz');
      expect([ready.status, ready.body]).toEqual([
        503,
        { status: 'not ready', checks: { database: false, queue: false } },
      ]);
    } finally {
      await network.sql(`alter database ${name} connection limit -1`);
    }
    await acme.owner.expect(200, acme.owner.get(acme.path));
    await acme.owner.expect(200, acme.owner.patch(acme.path, { name: 'Back' }));
    await expect.poll(async () => (await network.anonymous.get('/readyz')).status, { timeout: 10_000 }).toBe(200);
  });
});

describe('the log', () => {
  it('tells of no request that failed for a reason nobody expected', () => {
    expect(network.output.filter(line => line.includes('request failed'))).toEqual([]);
  });
});
