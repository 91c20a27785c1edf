import { createHmac } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { itWithoutPooler, itWithoutTwins } from '@pagekeeper/testing/network/behind-pgbouncer';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as deliveries from './deliver.ts';
import { headOf, webhookPath as path } from './deliver.ts';

const verifyToken = 'a-verify-token-of-this-test';

let network: Network;
let acme: Tenant;
let connected: ConnectedPage;
let pageId: string;

beforeAll(async () => {
  network = await startNetwork({ worker: false, apiEnv: { FACEBOOK_VERIFY_TOKEN: verifyToken } });
  acme = await network.tenant('acme');
  connected = await acme.connectPage();
  pageId = connected.page.page_id;
}, 60_000);

afterAll(() => network?.stop());

const exchange = (method: string, url: string, headers = {}, body?: Buffer) =>
  deliveries.exchange(network, method, url, headers, body);
const sign = (body: Buffer | string, secret = network.appSecret) => deliveries.signatureOf(body, secret);
const deliver = (body: Buffer | string, headers: OutgoingHttpHeaders = {}) =>
  deliveries.deliver(network, body, headers);

/** So long that no hash and no sealed text holds it by chance. */
const commenter = '424242424242424242';
let comments = 0;

/** A new comment's change under this page, as text. */
function comment(page = pageId, message = 'Is this in stock?') {
  comments += 1;
  const value = {
    item: 'comment',
    verb: 'add',
    comment_id: `11_${comments}`,
    post_id: `${page}_11`,
    from: { id: commenter, name: 'Zoë Commenter' },
    message,
    created_time: 1_790_000_000 + comments,
  };
  return { field: 'feed', value };
}

const delivery = (page = pageId, changes = [comment(page)]) =>
  JSON.stringify({ object: 'page', entry: [{ id: page, time: 1_790_000_000, changes }] });

async function stored(): Promise<number> {
  const [{ count }] = (await network.sql('select count(*)::int as count from webhook_events')) as [{ count: number }];
  return count;
}

/** How many rows the work added. */
async function storedBy(work: () => Promise<unknown>): Promise<number> {
  const before = await stored();
  await work();
  return (await stored()) - before;
}

describe('the handshake', () => {
  const query = (parameters: Record<string, string>) => `${path}?${new URLSearchParams(parameters)}`;
  const right = { 'hub.mode': 'subscribe', 'hub.verify_token': verifyToken, 'hub.challenge': '1158201444' };

  it('gives the challenge back to whoever knows the token, as plain text whatever it is', async () => {
    expect(await exchange('GET', query(right))).toMatchObject({ status: 200, text: '1158201444' });
    const challenge = '<script>alert(1)</script>';
    const answer = await exchange('GET', query({ ...right, 'hub.challenge': challenge }));
    expect(answer).toMatchObject({ status: 200, text: challenge });
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it('stands where deliveries are taken, and nowhere else', async () => {
    for (const other of [`${path}/`, '/webhooks/Facebook', '/WEBHOOKS/FACEBOOK', '/webhooks%2Ffacebook']) {
      const body = Buffer.from(delivery());
      const handshake = await exchange('GET', `${other}?${new URLSearchParams(right)}`);
      const delivered = await exchange('POST', other, { 'X-Hub-Signature-256': sign(body) }, body);
      expect([other, handshake.status, delivered.status]).toEqual([other, 404, 404]);
    }
  });

  it.each([
    ['nothing', ''],
    ['another token', 'hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1'],
    ['the token’s beginning', `hub.mode=subscribe&hub.verify_token=${verifyToken.slice(0, -1)}&hub.challenge=1`],
    ['no token', 'hub.mode=subscribe&hub.challenge=1'],
    ['an empty token', 'hub.mode=subscribe&hub.verify_token=&hub.challenge=1'],
    [
      'the token twice',
      `hub.mode=subscribe&hub.verify_token=${verifyToken}&hub.verify_token=${verifyToken}&hub.challenge=1`,
    ],
    ['the token as a list', `hub.mode=subscribe&hub.verify_token[]=${verifyToken}&hub.challenge=1`],
    ['the token as an object', `hub.mode=subscribe&hub.verify_token[a]=${verifyToken}&hub.challenge=1`],
    ['a very long token', `hub.mode=subscribe&hub.verify_token=${'x'.repeat(10_000)}&hub.challenge=1`],
    ['no challenge', `hub.mode=subscribe&hub.verify_token=${verifyToken}`],
    ['a challenge as a list', `hub.mode=subscribe&hub.verify_token=${verifyToken}&hub.challenge[]=1`],
    ['a challenge as an object', `hub.mode=subscribe&hub.verify_token=${verifyToken}&hub.challenge[a]=1`],
    ['a mode as a list', `hub.mode[]=subscribe&hub.verify_token=${verifyToken}&hub.challenge=1`],
    ['a mode as an object', `hub.mode[a]=subscribe&hub.verify_token=${verifyToken}&hub.challenge=1`],
    ['two challenges', `hub.mode=subscribe&hub.verify_token=${verifyToken}&hub.challenge=1&hub.challenge=2`],
    ['a long challenge', `hub.mode=subscribe&hub.verify_token=${verifyToken}&hub.challenge=${'1'.repeat(1_001)}`],
    ['another mode', `hub.mode=unsubscribe&hub.verify_token=${verifyToken}&hub.challenge=1`],
    ['two modes', `hub.mode=subscribe&hub.mode=subscribe&hub.verify_token=${verifyToken}&hub.challenge=1`],
    ['a broken escape', `hub.mode=subscribe&hub.verify_token=%E0%A4%A&hub.challenge=1`],
    ['__proto__', '__proto__[hub.mode]=subscribe&__proto__=1'],
  ])('refuses %s', async (_, text) => {
    expect(await exchange('GET', `${path}?${text}`)).toMatchObject({ status: 403, text: '' });
  });
});

describe('a delivery', () => {
  it('is answered 200 when its change is in the table, sealed, and not before', async () => {
    const message = 'A very private question 7f3a';
    const answer = await deliver(delivery(pageId, [comment(pageId, message)]));
    expect(answer).toMatchObject({ status: 200, text: 'EVENT_RECEIVED' });
    const rows = await network.sql(
      `select e.*, e::text as said from webhook_events e order by received_at desc limit 1`,
    );
    expect(rows[0]).toMatchObject({ organization_id: acme.uuid, kind: 'comment.add', state: 'pending' });
    for (const clear of [message, 'Zoë', commenter, `11_${comments}`]) {
      expect(rows[0].said).not.toContain(clear);
      expect(rows[0].said).not.toContain(Buffer.from(clear).toString('hex'));
    }
  });

  it('carries many changes, and is stored once however often and however batched it comes', async () => {
    const changes = Array.from({ length: 30 }, () => comment());
    const split = [changes.slice(0, 7), changes.slice(5, 20).reverse(), changes.slice(20), changes];
    const added = await storedBy(async () => {
      const answers = await Promise.all([...split, ...split].map(part => deliver(delivery(pageId, part))));
      expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    });
    expect(added).toBe(30);
  });

  it('goes to each of its pages’ tenants, and to no one else', async () => {
    const rival = await network.tenant('rival');
    const other = await rival.connectPage();
    const entry = [pageId, other.page.page_id, '999999999'].map(id => ({ id, time: 1, changes: [comment(id)] }));
    expect(await storedBy(() => deliver(JSON.stringify({ object: 'page', entry })))).toBe(2);
    const rows = await network.sql(
      'select organization_id, integration_id from webhook_events order by received_at desc, organization_id limit 2',
    );
    expect(rows.map(row => row.organization_id).sort()).toEqual([acme.uuid, rival.uuid].sort());
  });

  it('about a page that nobody connected is taken and dropped', async () => {
    expect(await storedBy(async () => expect((await deliver(delivery('123456789'))).status).toBe(200))).toBe(0);
  });

  it('has the request id of its sender in the answer', async () => {
    const named = { 'X-Request-Id': 'proxy-7' };
    for (const [headers, status] of [
      [named, 200],
      [{ ...named, 'X-Hub-Signature-256': 'sha256=x' }, 401],
    ] as const) {
      const answer = await deliver(delivery('123456789'), headers);
      expect([answer.status, answer.headers['x-request-id']]).toEqual([status, 'proxy-7']);
    }
  });

  it('about a page whose integration wants none is taken and dropped', async () => {
    const { page } = await acme.connectPage({ config: { webhook_enabled: false } });
    expect(await storedBy(async () => expect((await deliver(delivery(page.page_id))).status).toBe(200))).toBe(0);
  });

  it('about a page whose integration was deactivated is taken and dropped', async () => {
    const gone = await acme.connectPage();
    const send = async () => expect((await deliver(delivery(gone.page.page_id))).status).toBe(200);
    // Known to the inbox by now, and so the claim's end must be seen by the insert.
    expect(await storedBy(send)).toBe(1);
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${gone.id}`));
    expect(await storedBy(send)).toBe(0);
  });

  it('about a page whose integration was switched off is dropped from then on, and stored again once it is on', async () => {
    const switching = await acme.connectPage();
    const send = async () => expect((await deliver(delivery(switching.page.page_id))).status).toBe(200);
    const turn = (webhook_enabled: boolean) =>
      acme.owner.expect(
        200,
        acme.owner.patch(`${acme.path}/integrations/${switching.id}`, { config: { webhook_enabled } }),
      );
    // Known to the inbox by now, as one that is on.
    expect(await storedBy(send)).toBe(1);
    await turn(false);
    expect(await storedBy(send)).toBe(0);
    await turn(true);
    expect(await storedBy(send)).toBe(1);
  });

  it('about a page is dropped until it is connected, and the very next one is stored', async () => {
    const [page] = await network.simulator.createPages(1);
    const send = async () => expect((await deliver(delivery(page!.page_id))).status).toBe(200);
    // Known to the inbox by now, as one that nobody connected.
    expect(await storedBy(send)).toBe(0);
    await acme.connectPage({ page: page! });
    expect(await storedBy(send)).toBe(1);
  });

  it.each([
    ['another object', '{"object":"instagram","entry":[{"id":"1","changes":[]}]}', 200],
    ['no object', '{}', 200],
    ['a list', '[]', 200],
    ['a number', '7', 200],
    ['null', 'null', 200],
    ['an entry that is none', '{"object":"page","entry":"x"}', 200],
    ['entries of all kinds', '{"object":"page","entry":[null,1,"x",[],{},{"id":7},{"id":"x","changes":{}}]}', 200],
    ['a hundred thousand brackets', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 200],
    [
      'fifty thousand keys',
      JSON.stringify(Object.fromEntries(Array.from({ length: 49_000 }, (_, at) => [at, 0]))),
      200,
    ],
    [
      'sixty thousand keys',
      JSON.stringify(Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [at, 0]))),
      413,
    ],
    ['no JSON', 'hello', 400],
    ['half of it', '{"object":"page"', 400],
    ['nothing', '', 400],
  ])('with a body of %s harms nothing', async (_, body, status) => {
    expect(await storedBy(async () => expect((await deliver(body)).status).toBe(status))).toBe(0);
    expect((await exchange('GET', '/healthz')).status).toBe(200);
  });

  it('with odd values in a change is stored all the same', async () => {
    const odd = `{"object":"page","entry":[{"id":"${pageId}","time":1,"changes":[
      {"field":"feed","value":{"item":"comment","verb":"add","comment_id":"77_1","message":"\\u0000 \\ud83d","created_time":-5}},
      {"field":"feed","value":${'['.repeat(500)}${']'.repeat(500)}},
      {"field":"__proto__","value":{"__proto__":{"polluted":true}}},
      {"field":"feed"}]}]}`;
    expect(await storedBy(async () => expect((await deliver(odd)).status).toBe(200))).toBe(4);
  });
});

describe('a signature', () => {
  const good = () => Buffer.from(delivery());

  it('is made over the bytes as they were sent, however they spell their text', async () => {
    const spelled = delivery(pageId, [comment(pageId, 'สวัสดี')])
      .replaceAll('ส', '\\u0e2a')
      .replaceAll('feed', 'fe\\u0065d');
    expect(await storedBy(async () => expect((await deliver(spelled)).status).toBe(200))).toBe(1);
    const slashes = delivery(pageId, [comment(pageId, 'https:SS example')]).replaceAll('S', '\\/');
    expect(await storedBy(async () => expect((await deliver(slashes)).status).toBe(200))).toBe(1);
  });

  it('holds whatever the content type, for compressed bodies too, and in one piece or many', async () => {
    const body = good();
    for (const type of ['text/plain', 'application/json; charset=utf-7', '']) {
      expect((await deliver(body, type ? { 'Content-Type': type } : { 'Content-Type': [] })).status).toBe(200);
    }
    const signature = { 'X-Hub-Signature-256': sign(body) };
    expect((await deliver(gzipSync(body), { ...signature, 'Content-Encoding': 'gzip' })).status).toBe(200);
    expect((await deliver(gzipSync(body), { ...signature, 'Content-Encoding': 'GZIP' })).status).toBe(200);
    expect((await deliver(deflateSync(body), { ...signature, 'Content-Encoding': 'deflate' })).status).toBe(200);
    expect((await deliver(brotliCompressSync(body), { ...signature, 'Content-Encoding': 'br' })).status).toBe(200);
    expect((await deliver(body, { 'Transfer-Encoding': 'chunked' })).status).toBe(200);
  });

  it('holds for a body that comes byte by byte', async () => {
    const body = good();
    const { say, heard, closed } = deliveries.openConnection(network);
    const added = await storedBy(async () => {
      say(headOf(`X-Hub-Signature-256: ${sign(body)}`, 'Transfer-Encoding: chunked', 'Connection: close'));
      for (const byte of body.toString('latin1')) say(`1\r\n${byte}\r\n`);
      say('0\r\n\r\n');
      await closed;
    });
    expect([heard().split('\r\n', 1), added]).toEqual([['HTTP/1.1 200 OK'], 1]);
  });

  it('is asked for before the body comes, and what comes of that body is no request', async () => {
    const request = (...headers: string[]) =>
      ['GET /healthz HTTP/1.1', 'Host: pagekeeper', ...headers, '', ''].join('\r\n');
    const body = request();
    const { say, heard, closed } = deliveries.openConnection(network);
    say(headOf(`Content-Length: ${body.length}`));
    await expect.poll(heard, { timeout: 10_000 }).toMatch(/^HTTP\/1\.1 401 /);
    say(body + request('Connection: close'));
    await closed;
    expect(heard().match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200']);
  });

  it('is asked for before anything else, and nothing near it is taken', async () => {
    const body = good();
    const hex = sign(body).slice(7);
    const sha1 = `sha1=${createHmac('sha1', network.appSecret).update(body).digest('hex')}`;
    const wrong: [what: string, headers: OutgoingHttpHeaders][] = [
      ['none', { 'X-Hub-Signature-256': [] }],
      ['sha1 only', { 'X-Hub-Signature-256': [], 'X-Hub-Signature': sha1 }],
      ['sha1 in its place', { 'X-Hub-Signature-256': sha1 }],
      ['another secret', { 'X-Hub-Signature-256': sign(body, 'another-secret') }],
      ['an empty secret', { 'X-Hub-Signature-256': sign(body, '') }],
      ['capitals', { 'X-Hub-Signature-256': `sha256=${hex.toUpperCase()}` }],
      ['a short one', { 'X-Hub-Signature-256': `sha256=${hex.slice(1)}` }],
      ['a long one', { 'X-Hub-Signature-256': `sha256=${hex}0` }],
      ['no name', { 'X-Hub-Signature-256': hex }],
      ['no hex', { 'X-Hub-Signature-256': `sha256=${'z'.repeat(64)}` }],
      ['an empty one', { 'X-Hub-Signature-256': '' }],
      ['the right one twice', { 'X-Hub-Signature-256': [sign(body), sign(body)] }],
      ['a wrong one and the right one', { 'X-Hub-Signature-256': [sign('x'), sign(body)] }],
      ['of another body', { 'X-Hub-Signature-256': sign(`${body} `) }],
      ['of the packed bytes', { 'X-Hub-Signature-256': sign('x'), 'Content-Encoding': 'identity' }],
    ];
    const added = await storedBy(async () => {
      for (const [what, headers] of wrong) {
        const { status, text } = await deliver(body, headers);
        expect([what, status, text]).toEqual([what, 401, '']);
      }
    });
    expect(added).toBe(0);
    // Not even that a body is no JSON is told to whoever did not sign it.
    expect((await deliver('hello', { 'X-Hub-Signature-256': sign('x') })).status).toBe(401);
    expect((await deliver('', { 'X-Hub-Signature-256': [] })).status).toBe(401);
  });
});

describe('whatever body it comes with', () => {
  const body = () => Buffer.from(delivery());
  const flipped = () => {
    const changed = body();
    changed[changed.length >> 1]! ^= 1;
    return changed;
  };
  const bodies: [what: string, bytes: () => Buffer, signed: () => Buffer, headers: OutgoingHttpHeaders][] = [
    ['as Facebook sends it', body, body, {}],
    ['in chunks', body, body, { 'Transfer-Encoding': 'chunked' }],
    ['without a content type', body, body, { 'Content-Type': [] }],
    ['of another content type', body, body, { 'Content-Type': 'application/json; charset=utf-7' }],
    ['in gzip', () => gzipSync(body()), body, { 'Content-Encoding': 'gzip' }],
    ['in brotli', () => brotliCompressSync(body()), body, { 'Content-Encoding': 'br' }],
    ['changed by one bit', flipped, flipped, {}],
    ['empty', () => Buffer.alloc(0), () => Buffer.alloc(0), {}],
    ['no JSON', () => Buffer.from('hello'), () => Buffer.from('hello'), {}],
  ];

  it.each(bodies)('%s, a wrong signature is refused without a word', async (_, bytes, signed, headers) => {
    const hex = sign(signed()).slice(7);
    const sha1 = `sha1=${createHmac('sha1', network.appSecret).update(signed()).digest('hex')}`;
    const wrong: OutgoingHttpHeaders[] = [
      { 'X-Hub-Signature-256': [] },
      { 'X-Hub-Signature-256': [], 'X-Hub-Signature': sha1 },
      { 'X-Hub-Signature-256': sign(signed(), 'another-secret') },
      { 'X-Hub-Signature-256': `sha256=${hex.toUpperCase()}` },
      { 'X-Hub-Signature-256': `sha256=${hex.slice(0, 62)}` },
      { 'X-Hub-Signature-256': [`sha256=${hex}`, `sha256=${hex}`] },
      { 'X-Hub-Signature-256': sign(Buffer.concat([signed(), Buffer.from(' ')])) },
    ];
    const added = await storedBy(async () => {
      for (const header of wrong) {
        const { status, text } = await deliver(bytes(), { ...headers, ...header });
        expect([header, status, text]).toEqual([header, 401, '']);
      }
    });
    expect(added).toBe(0);
  });

  it('it is signed before it is packed', async () => {
    for (const [encoding, packed] of [
      ['gzip', gzipSync(body())],
      ['br', brotliCompressSync(body())],
    ] as const) {
      expect((await deliver(packed, { 'Content-Encoding': encoding })).status).toBe(401);
    }
  });

  it('what is changed on the way is refused, and what Facebook signs by mistake too', async () => {
    const made = await network.simulator.post(`/__sim/pages/${pageId}/comments`, { text: 'Hi', deliver: false });
    const redeliver = async (mode: string) => {
      const { statuses } = await network.simulator.post('/__sim/redeliver', { change_ids: [made.change.id], mode });
      return statuses;
    };
    for (const mode of ['bad_signature', 'no_header', 'sha1_only', 'old_secret', 'altered']) {
      expect([mode, await storedBy(async () => expect(await redeliver(mode)).toEqual({ 401: 1 }))]).toEqual([mode, 0]);
    }
    expect(await storedBy(async () => expect(await redeliver('ok')).toEqual({ 200: 1 }))).toBe(1);
  });
});

describe('a body', () => {
  it('unpacks to one megabyte at most', async () => {
    const fifty = Buffer.alloc(50_000_000, ' ');
    const bombs = { gzip: gzipSync(fifty), br: brotliCompressSync(fifty), deflate: deflateSync(fifty) };
    for (const [encoding, bomb] of Object.entries(bombs)) {
      expect(bomb.length).toBeLessThan(100_000);
      expect((await deliver(bomb, { 'Content-Encoding': encoding })).status).toBe(413);
    }
  });

  it('has one megabyte at most, in one piece or many', async () => {
    const padding = (bytes: number) => {
      const body = Buffer.from(delivery());
      return Buffer.concat([body, Buffer.alloc(bytes - body.length, ' ')]);
    };
    expect((await deliver(padding(1_048_576))).status).toBe(200);
    expect((await deliver(padding(1_048_577))).status).toBe(413);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      // The answer arrives although much of what was sent is never read.
      expect((await deliver(padding(6_000_000))).status).toBe(413);
      expect((await deliver(padding(6_000_000), { 'Transfer-Encoding': 'chunked' })).status).toBe(413);
    }
  });

  it.each(['zstd', 'compress', 'gzip, gzip', 'constructor', 'toString', '__proto__', 'x'])(
    'of the encoding %s is not taken',
    async encoding => {
      const body = delivery();
      expect(
        await storedBy(async () => expect((await deliver(body, { 'Content-Encoding': encoding })).status).toBe(415)),
      ).toBe(0);
    },
  );

  it('that is not packed as it says is a bad request', async () => {
    for (const encoding of ['gzip', 'deflate', 'br']) {
      expect((await deliver('not packed at all', { 'Content-Encoding': encoding })).status).toBe(400);
    }
    const cut = gzipSync(delivery()).subarray(0, -12);
    expect((await deliver(cut, { 'Content-Encoding': 'gzip' })).status).toBe(400);
  });
});

describe('an outage of the database', () => {
  async function duringOutage(work: () => Promise<void>): Promise<void> {
    const { name } = network.database;
    await network.sql(`alter database ${name} connection limit 0`);
    try {
      await network.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename like 'pagekeeper%'`,
        [name],
      );
      await work();
    } finally {
      await network.sql(`alter database ${name} connection limit -1`);
    }
  }

  itWithoutPooler('is a 503, so that Facebook sends it again, and then it is stored', async () => {
    const body = delivery();
    await duringOutage(async () => {
      for (const about of [body, delivery('55555')]) {
        const { status, headers } = await deliver(about);
        expect([status, headers['retry-after']]).toEqual([503, '5']);
      }
    });
    expect(await storedBy(async () => expect((await deliver(body)).status).toBe(200))).toBe(1);
  });

  itWithoutPooler('is told of once a second, however many deliveries it refuses', async () => {
    const lines = () => network.output.filter(line => line.includes('delivery not stored'));
    const before = lines().length;
    const told = (): { err: { message: string }; more: number }[] =>
      lines()
        .slice(before)
        .map(line => JSON.parse(line));
    const beganAt = performance.now();
    await duringOutage(async () => {
      const refuseTen = async () => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => deliver(delivery())));
        expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(503));
        return Math.max(0, ...told().map(({ more }) => more));
      };
      await expect.poll(refuseTen, { timeout: 20_000 }).toBeGreaterThan(20);
    });
    const seconds = Math.ceil((performance.now() - beganAt) / 1_000);
    const messages = told().map(({ err }) => err.message);
    for (const message of messages) {
      expect(messages.filter(other => other === message).length).toBeLessThanOrEqual(seconds + 1);
    }
  });
});

describe('a delivery for several tenants', () => {
  itWithoutTwins(
    'is stored but for the one whose data key is broken, and comes again for that one',
    async () => {
      const broken = await network.tenant('broken');
      const other = await broken.connectPage();
      const [key] = await network.sql('select wrapped from organization_keys where organization_id = $1', [
        broken.uuid,
      ]);
      await network.sql('update organization_keys set wrapped = $2 where organization_id = $1', [
        broken.uuid,
        Buffer.alloc(key.wrapped.length, 1),
      ]);
      // A process that has not opened the key before.
      await network.api.stop();
      await network.startApi();
      const entries = [other.page.page_id, pageId].map(id => JSON.parse(delivery(id)).entry[0]);
      const body = JSON.stringify({ object: 'page', entry: entries });
      const storedFor = async ({ uuid }: Tenant): Promise<number> =>
        (await network.sql('select count(*)::int as events from webhook_events where organization_id = $1', [uuid]))[0]
          .events;
      const before = await storedFor(acme);
      expect((await deliver(body)).status).toBe(503);
      expect(await storedFor(acme)).toBe(before + 1);
      await network.sql('update organization_keys set wrapped = $2 where organization_id = $1', [
        broken.uuid,
        key.wrapped,
      ]);
      expect((await deliver(body)).status).toBe(200);
      expect(await storedFor(broken)).toBe(1);
      expect(await storedFor(acme)).toBe(before + 1);
    },
    90_000,
  );
});

describe('while the app secret is rotated', () => {
  itWithoutTwins(
    'the new and the old one are good, and afterwards the new one alone',
    async () => {
      const renewed = 'a-renewed-app-secret-of-this-test';
      const restart = async (secrets: string[]) => {
        await network.api.stop();
        await network.startApi({ FACEBOOK_APP_SECRET: secrets.join() });
      };
      const statusFor = async (secret: string) => {
        const body = delivery();
        return (await deliver(body, { 'X-Hub-Signature-256': sign(body, secret) })).status;
      };
      await restart([renewed, network.appSecret]);
      expect([await statusFor(renewed), await statusFor(network.appSecret)]).toEqual([200, 200]);
      await restart([renewed]);
      expect([await statusFor(renewed), await statusFor(network.appSecret)]).toEqual([200, 401]);
    },
    90_000,
  );
});
