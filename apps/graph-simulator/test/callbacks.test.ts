import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Json, Rig } from './support.ts';
import { appId, appSecret, appToken, seedPage, startRig } from './support.ts';

let rig: Rig;
let page: Awaited<ReturnType<typeof seedPage>>;
let requests: { path: string; contentType: string | undefined; signed: string }[];
let stop: () => void;

beforeEach(async () => {
  requests = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const signed = new URLSearchParams(text).get('signed_request') ?? '';
    requests.push({ path: request.url ?? '', contentType: request.headers['content-type'], signed });
    response.end(JSON.stringify({ url: 'https://app.example/deletion/abc', confirmation_code: 'abc' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stop = () => {
    server.close();
    server.closeAllConnections();
  };
  rig = await startRig();
  page = await seedPage(rig);
  await rig.sim('PATCH', '/app', { deauthorize_url: `${url}/gone`, data_deletion_url: `${url}/forget` });
});
afterEach(async () => {
  await rig.stop();
  stop();
});

const event = (body: object) => rig.sim('POST', `/people/${page.personId}/events`, body);
const callback = (body: object) => rig.sim('POST', `/people/${page.personId}/callbacks`, body);

/** The payload, if it is signed with this secret. */
function open(signed: string, secret = appSecret): { payload: Json; text: string } | null {
  const [signature, encoded] = signed.split('.', 2) as [string, string];
  const expected = createHmac('sha256', secret).update(encoded).digest('base64url');
  if (signature.replaceAll('=', '') !== expected) return null;
  const text = Buffer.from(encoded, 'base64url').toString();
  return { payload: JSON.parse(text), text };
}

test('whoever removes the app has it told so at once, with a signed request', async () => {
  expect(await event({ type: 'deauthorize' })).toEqual({ tokens_killed: 2, callback_status: 200 });
  const [{ path, contentType, signed }] = requests as [(typeof requests)[0]];
  expect([path, contentType]).toEqual(['/gone', 'application/x-www-form-urlencoded;charset=UTF-8']);
  expect(signed).not.toContain('=');
  expect(open(signed)?.payload).toEqual({
    user_id: page.personId,
    algorithm: 'HMAC-SHA256',
    issued_at: expect.any(Number),
  });
});

test('or later: the tokens are dead before the app is told', async () => {
  expect((await event({ type: 'deauthorize', callback_after_seconds: 600 })).callback_status).toBeNull();
  const dead = await rig.call('GET', `/v25.0/me?access_token=${page.pageToken}`);
  expect(dead.json.error.error_subcode).toBe(458);
  expect(requests).toHaveLength(0);
  await rig.sim('POST', '/clock', { advance_seconds: 601 });
  await rig.settled(() => requests.length === 1);
});

test('a wish to be forgotten: the app answers with an address and a code', async () => {
  expect(await event({ type: 'data_deletion' })).toEqual({
    tokens_killed: 0,
    callback_status: 200,
    url: 'https://app.example/deletion/abc',
    confirmation_code: 'abc',
  });
  expect(requests[0]?.path).toBe('/forget');
  const { expires, issued_at } = open(requests[0]!.signed)!.payload;
  expect(expires).toBeGreaterThan(issued_at);
});

test('by the knob, the user id is a number and the base64 is padded', async () => {
  await rig.sim('PATCH', '/app', { signed_request: { numeric_user_id: true, padding: true } });
  await callback({ kind: 'data_deletion' });
  const { signed } = requests[0]!;
  expect(signed.split('.').every(part => part.length % 4 === 0)).toBe(true);
  expect(open(signed)!.text).toContain(`"user_id":${page.personId},`);
});

test('requests that no app may believe', async () => {
  for (const mode of ['bad_signature', 'altered', 'other_algorithm', 'ok'])
    await callback({ kind: 'deauthorize', mode });
  const [bad, altered, other, good] = requests.map(({ signed }) => open(signed));
  expect([bad, altered]).toEqual([null, null]);
  expect(other?.payload.algorithm).toBe('none');
  expect(good?.payload.algorithm).toBe('HMAC-SHA256');
  await rig.sim('POST', '/app/events', { type: 'secret_reset', secret: 'another-secret' });
  await callback({ kind: 'deauthorize', mode: 'old_secret' });
  expect(open(requests.at(-1)!.signed, 'another-secret')).toBeNull();
  expect(open(requests.at(-1)!.signed)).not.toBeNull();
});

test('without an address nobody is told, and a callback that is not there is no failure of ours', async () => {
  await rig.sim('PATCH', '/app', { deauthorize_url: null, data_deletion_url: 'http://127.0.0.1:9/' });
  expect((await event({ type: 'deauthorize' })).callback_status).toBeNull();
  expect((await event({ type: 'data_deletion' })).callback_status).toBeNull();
});

test('a callback that never answers the handshake is refused after six seconds', async () => {
  const silent = createServer(() => {});
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const startedAt = Date.now();
  const body = new URLSearchParams({
    object: 'page',
    callback_url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`,
    fields: 'feed',
    verify_token: 'x',
  });
  const answer = await rig.call('POST', `/v25.0/${appId}/subscriptions?access_token=${appToken}`, body);
  expect(answer.json.error).toMatchObject({ code: 2200, message: expect.stringContaining('timed out') });
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(5900);
  silent.closeAllConnections();
  silent.close();
});
