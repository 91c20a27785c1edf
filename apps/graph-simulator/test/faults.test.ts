import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Json, Rig } from './support.ts';
import { appToken, seedPage, startRig } from './support.ts';

let rig: Rig;
let page: Awaited<ReturnType<typeof seedPage>>;
let psid: string;

beforeEach(async () => {
  rig = await startRig();
  page = await seedPage(rig);
  psid = (await rig.sim('POST', `/pages/${page.pageId}/messages`, { text: 'Hi' })).psid;
});
afterEach(() => rig.stop());

const me = () => rig.call('GET', `/v25.0/me?access_token=${page.pageToken}`);
const send = (text: string) =>
  rig.call('POST', `/v25.0/me/messages?access_token=${page.pageToken}`, {
    recipient: { id: psid },
    message: { text, metadata: 'job_1' },
  });
const fault = (body: object) => rig.sim('POST', '/faults', body);
const sends = async () => (await rig.sim('GET', '/ledger/counts')).sends;

test('an error hits its endpoint as often as it was told to', async () => {
  await fault({
    match: { endpoint: 'messages', method: 'POST' },
    fault: { type: 'error', http: 400, code: 2 },
    times: 2,
  });
  expect((await me()).status).toBe(200);
  for (const text of ['one', 'two']) {
    expect((await send(text)).json.error).toMatchObject({
      code: 2,
      is_transient: true,
      message: '(#2) Service temporarily unavailable',
    });
  }
  expect((await send('three')).status).toBe(200);
  expect(await sends()).toMatchObject({ total: 1, applied: 1 });
});

test('a lost response: the send took effect, the connection is cut, the ledger knows both', async () => {
  await fault({ match: { endpoint: 'messages' }, fault: { type: 'lost_response' }, times: 1 });
  await expect(send('lost')).rejects.toThrow();
  expect(await sends()).toMatchObject({ total: 1, applied: 1, by_kind: { message: 1 } });
  const [entry] = (await rig.sim('GET', '/ledger?endpoint=messages')).data;
  expect(entry).toMatchObject({
    status: null,
    send: { recipient: psid, text: 'lost', metadata: 'job_1', id: expect.stringMatching(/^m_/) },
  });
});

test('a reset does not take effect; 1/1357046 can', async () => {
  await fault({ match: { endpoint: 'messages' }, fault: { type: 'reset' }, times: 1 });
  await expect(send('reset')).rejects.toThrow();
  expect(await sends()).toMatchObject({ total: 0 });
  await fault({
    match: { endpoint: 'messages' },
    fault: { type: 'error', http: 500, code: 1, subcode: 1357046, applied: true },
    times: 1,
  });
  expect((await send('maybe')).json.error).toMatchObject({ code: 1, error_subcode: 1357046 });
  expect(await sends()).toMatchObject({ applied: 1, repeated: {} });
  await send('again');
  expect((await sends()).repeated).toEqual({ [`recipient ${psid}`]: 2 });
});

test('html, an empty body, latency', async () => {
  await fault({ fault: { type: 'html' }, times: 1 });
  const html = await me();
  expect([html.status, html.json]).toEqual([502, undefined]);
  await fault({ fault: { type: 'empty' }, times: 1 });
  const empty = await me();
  expect([empty.status, empty.text]).toEqual([200, '']);
  await fault({ fault: { type: 'latency', ms: 60 }, times: 1 });
  const startedAt = Date.now();
  expect((await me()).status).toBe(200);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(55);
});

test('success after the client has given up: the send took effect, the answer comes too late', async () => {
  await fault({ match: { endpoint: 'messages' }, fault: { type: 'latency', ms: 5000, applied: true }, times: 1 });
  const late = fetch(`${rig.url}/v25.0/me/messages?access_token=${page.pageToken}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ recipient: { id: psid }, message: { text: 'late' } }),
    signal: AbortSignal.timeout(1_000),
  });
  await expect(late).rejects.toThrow('timeout');
  const { threads } = await rig.sim('GET', `/pages/${page.pageId}/conversation`);
  expect(threads[0].messages.at(-1).text).toBe('late');
});

test('a body that comes slowly, and one that breaks off', async () => {
  await fault({ fault: { type: 'slow_body', ms: 60 }, times: 1 });
  const startedAt = Date.now();
  expect((await me()).json.name).toBe('Blue Cup');
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(55);
  await fault({ fault: { type: 'truncated' }, times: 1 });
  await expect(me()).rejects.toThrow();
  await fault({ fault: { type: 'error', code: 1, truncated: true }, times: 1 });
  await expect(me()).rejects.toThrow();
  expect((await me()).status).toBe(200);
});

test.each([
  [{ code: 2, http: 400 }, true],
  [{ code: 2, http: 500 }, true],
  [{ code: 1, http: 500 }, undefined],
  [{ code: 1, http: 500, subcode: 1357046 }, undefined],
  [{ code: 1200 }, true],
])('error %o', async (body, transient) => {
  await fault({ fault: { type: 'error', ...body } });
  const answer = await me();
  expect(answer.status).toBe('http' in body ? body.http : 400);
  expect(answer.json.error.is_transient).toBe(transient);
  expect(answer.json.error.code).toBe(body.code);
});

test('what else can stand in an envelope', async () => {
  const data = { blame_field_specs: [['x']] };
  await fault({ fault: { type: 'error', code: 100, user_title: 'Kein Zugriff', user_msg: 'Bitte später', data } });
  expect((await me()).json.error).toMatchObject({
    error_user_title: 'Kein Zugriff',
    error_user_msg: 'Bitte später',
    error_data: data,
  });
});

test('a fault can be limited to the pages of a tenant, to a person, and to a time', async () => {
  const rival = await seedPage(rig, { name: 'Rival', pages: [{ name: 'Red Cup' }] });
  const status = async (token: string) => (await rig.call('GET', `/v25.0/me?access_token=${token}`)).status;
  await fault({ match: { page_ids: [page.pageId, '999'] }, fault: { type: 'error', code: 2 } });
  expect([await status(page.pageToken), await status(rival.pageToken)]).toEqual([400, 200]);
  await rig.sim('DELETE', '/faults');
  await fault({ match: { person_id: rival.personId }, fault: { type: 'error', code: 2 } });
  expect([await status(page.pageToken), await status(rival.pageToken), await status(rival.userToken)]).toEqual([
    200, 400, 400,
  ]);
  await rig.sim('DELETE', '/faults');
  await fault({ fault: { type: 'error', code: 2 }, after_seconds: 100, for_seconds: 50 });
  const advance = (advance_seconds: number) => rig.sim('POST', '/clock', { advance_seconds });
  expect(await status(page.pageToken)).toBe(200);
  await advance(110);
  expect(await status(page.pageToken)).toBe(400);
  await advance(50);
  expect(await status(page.pageToken)).toBe(200);
  expect((await rig.sim('GET', '/faults')).data).toEqual([]);
});

test('a call about a token is about its person and page, for faults and in the ledger', async () => {
  const rival = await seedPage(rig, { name: 'Rival', pages: [{ name: 'Red Cup' }] });
  const ask = async (token: string) =>
    (await rig.call('GET', `/v25.0/debug_token?input_token=${token}&access_token=${appToken}`)).status;
  await fault({ match: { page_id: page.pageId }, fault: { type: 'error', code: 2 } });
  expect([await ask(page.pageToken), await ask(page.userToken), await ask(rival.pageToken)]).toEqual([400, 200, 200]);
  await rig.sim('DELETE', '/faults');
  await fault({ match: { person_id: page.personId }, fault: { type: 'error', code: 2 } });
  expect([await ask(page.pageToken), await ask(page.userToken), await ask(rival.pageToken)]).toEqual([400, 400, 200]);
  const { data } = await rig.sim('GET', `/ledger?endpoint=debug_token&person_id=${page.personId}`);
  expect(data.map((entry: Json) => [entry.page_id, entry.status, entry.token.kind])).toEqual([
    [page.pageId, 400, 'app'],
    [null, 200, 'app'],
    [page.pageId, 400, 'app'],
    [null, 400, 'app'],
  ]);
});

test('faults are tried in the order of their making, wherever they are limited to', async () => {
  await fault({ match: { person_id: page.personId }, fault: { type: 'error', code: 1 }, times: 1 });
  await fault({ fault: { type: 'error', code: 2 }, times: 2 });
  await fault({ match: { page_id: page.pageId }, fault: { type: 'error', code: 1200 }, times: 3 });
  const codes = [];
  for (let round = 0; round < 4; round += 1) codes.push((await me()).json.error?.code ?? 200);
  expect(codes).toEqual([1, 2, 1200, 200]);
});

test('a throttle tells its minutes, grows with each call and ends on the virtual clock', async () => {
  await fault({ match: { page_id: page.pageId }, fault: { type: 'throttle', code: 80006, minutes: 5 } });
  const first = await send('x');
  expect(first.json.error).toMatchObject({ code: 80006, is_transient: true });
  const usage = (reply: typeof first) =>
    JSON.parse(reply.headers.get('x-business-use-case-usage') ?? '{}')[page.pageId][0];
  expect(usage(first)).toMatchObject({ type: 'messenger', call_count: 100, estimated_time_to_regain_access: 6 });
  expect(usage(await send('x'))).toMatchObject({ call_count: 101, estimated_time_to_regain_access: 7 });
  await rig.sim('POST', '/clock', { advance_seconds: 8 * 60 });
  expect((await send('x')).status).toBe(200);
});

test('usage headers by control', async () => {
  await fault({ fault: { type: 'usage', app: { call_count: 241, total_time: 208 } } });
  expect(JSON.parse((await me()).headers.get('x-app-usage') ?? '{}')).toEqual({
    call_count: 241,
    total_time: 208,
    total_cputime: 0,
  });
});

test('probability follows the seed; faults can be listed and removed', async () => {
  const outcomes = async () => {
    await rig.sim('POST', '/reset');
    page = await seedPage(rig);
    await fault({ fault: { type: 'error', code: 2 }, probability: 0.5 });
    const statuses: number[] = [];
    for (let round = 0; round < 12; round += 1) statuses.push((await me()).status);
    return statuses;
  };
  const first = await outcomes();
  expect(new Set(first)).toEqual(new Set([200, 400]));
  expect(await outcomes()).toEqual(first);
  expect((await rig.sim('GET', '/faults')).data).toHaveLength(1);
  expect(await rig.sim('DELETE', '/faults')).toEqual({ removed: 1 });
  expect((await me()).status).toBe(200);
});

test('the control API is strict and speaks in sentences', async () => {
  const bad = await rig.call('POST', '/__sim/faults', { fault: { type: 'error', code: 2 }, tiems: 1 });
  expect(bad.status).toBe(400);
  expect(bad.json.error).toMatch(/Unrecognized key: "tiems"/);
  expect((await rig.call('GET', '/__sim/pages/1/conversation')).json).toEqual({ error: 'There is no page 1.' });
  expect((await rig.call('GET', '/__sim/nothing')).status).toBe(404);
});

test('no token is in the ledger', async () => {
  await send('x');
  const ledger = JSON.stringify(await rig.sim('GET', '/ledger'));
  expect(ledger).not.toContain(page.pageToken);
  expect(ledger).not.toMatch(/EAA/);
  expect(ledger).toContain(`"owner":"${page.personId}"`);
});
