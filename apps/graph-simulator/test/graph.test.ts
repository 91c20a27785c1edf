import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json, Rig } from './support.ts';
import { appToken, seedPage, startRig } from './support.ts';

let rig: Rig;
let page: Awaited<ReturnType<typeof seedPage>>;

beforeEach(async () => {
  rig = await startRig();
  page = await seedPage(rig);
});
afterEach(() => rig.stop());

const comment = (body: object) => rig.sim('POST', `/pages/${page.pageId}/comments`, { text: 'Hi', ...body });
const get = (path: string, token = page.pageToken) =>
  rig.call('GET', `/v25.0/${path}${path.includes('?') ? '&' : '?'}access_token=${token}`);
const post = (path: string, body: unknown, token = page.pageToken) =>
  rig.call('POST', `/v25.0/${path}?access_token=${token}`, body);
const send = (recipient: object, message: object = { text: 'Hello!' }, more: object = {}) =>
  post(`${page.pageId}/messages`, { recipient, message, messaging_type: 'RESPONSE', ...more });

describe('me/accounts', () => {
  test('pages follow each other by cursors; `next` carries a token, the last page has none', async () => {
    const pages = Array.from({ length: 7 }, (_, index) => ({ name: `Page ${index}` }));
    const { id } = await rig.sim('POST', '/people', { name: 'Many', pages });
    const { user_token } = await rig.sim('POST', `/people/${id}/tokens`, {});
    const names: string[] = [];
    let path = 'me/accounts?fields=name,access_token&limit=3';
    for (let round = 0; round < 3; round += 1) {
      const { data, paging } = (await get(path, user_token)).json;
      names.push(...data.map((row: { name: string }) => row.name));
      expect(data[0].access_token).toMatch(/^EAA/);
      expect(paging.next === undefined).toBe(round === 2);
      if (paging.next) expect(new URL(paging.next).searchParams.get('access_token')).toBe(user_token);
      path = `me/accounts?fields=name,access_token&limit=3&after=${paging.cursors.after}`;
    }
    expect(names).toEqual(pages.map(({ name }) => name));
    expect((await get(path, user_token)).json).toEqual({ data: [] });
  });

  test('by the knob, the first page is empty and has a next', async () => {
    await rig.sim('PATCH', '/app', { empty_accounts_page: true });
    const first = (await get('me/accounts', page.userToken)).json;
    expect(first.data).toEqual([]);
    const second = (await get(`me/accounts?after=${first.paging.cursors.after}`, page.userToken)).json;
    expect(second.data.map((row: { id: string }) => row.id)).toEqual([page.pageId]);
  });
});

describe('subscriptions of a page', () => {
  test('POST replaces, DELETE empties, unknown fields and user tokens are refused', async () => {
    const path = `${page.pageId}/subscribed_apps`;
    await post(path, new URLSearchParams({ subscribed_fields: 'feed' }));
    expect((await get(path)).json.data[0].subscribed_fields).toEqual(['feed']);
    expect((await post(path, { subscribed_fields: 'comments' })).json.error.code).toBe(100);
    expect((await get(path, page.userToken)).json.error.code).toBe(210);
    expect((await rig.call('DELETE', `/v25.0/${path}?access_token=${page.pageToken}`)).json).toEqual({ success: true });
    expect((await get(path)).json).toEqual({ data: [] });
  });
});

describe('comments', () => {
  test('two levels: an answer to an answer goes under the top-level comment', async () => {
    const top = await comment({ from: { name: 'Ana' } });
    const reply = (await post(`${top.comment_id}/comments`, { message: 'Thanks!' })).json.id;
    expect(reply).not.toBe(top.comment_id);
    const deeper = (await post(`${reply}/comments`, new URLSearchParams({ message: 'And more' }))).json.id;
    const read = (await get(`${deeper}?fields=id,message,parent{id},from,created_time`)).json;
    expect(read).toMatchObject({
      message: 'And more',
      parent: { id: top.comment_id },
      from: { id: page.pageId, name: 'Blue Cup' },
    });
    expect(read.created_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
    const bare = top.comment_id.split('_')[1];
    expect((await get(`${bare}/comments`)).json.data.map((row: { id: string }) => row.id)).toEqual([reply, deeper]);
  });

  test('a deleted comment does not exist', async () => {
    const { comment_id } = await comment({});
    await rig.sim('DELETE', `/comments/${comment_id}`);
    for (const answer of [await get(comment_id), await post(`${comment_id}/comments`, { message: 'x' })]) {
      expect(answer.status).toBe(400);
      expect(answer.json.error).toMatchObject({ code: 100, error_subcode: 33, type: 'GraphMethodException' });
      expect(answer.json.error.message).toMatch(/^Unsupported (get|post) request\. Object with ID '/);
    }
  });

  test("the traps: a person's token reads nothing and writes 1705; POST on the comment edits", async () => {
    const { comment_id } = await comment({});
    expect((await get(`${comment_id}/comments`, page.userToken)).json).toEqual({ data: [] });
    expect((await post(`${comment_id}/comments`, { message: 'x' }, page.userToken)).json.error.code).toBe(1705);
    const own = (await post(`${comment_id}/comments`, { message: 'One' })).json.id;
    expect((await post(own, { message: 'Two' })).json).toEqual({ success: true });
    expect((await get(own)).json.message).toBe('Two');
  });

  test('another page sees and touches none of it', async () => {
    const other = await seedPage(rig, { name: 'Rival', pages: [{ name: 'Red Cup' }] });
    const { comment_id } = await comment({});
    expect((await get(comment_id, other.pageToken)).json.error.error_subcode).toBe(33);
    expect((await post(`${page.pageId}/messages`, {}, other.pageToken)).json.error.error_subcode).toBe(33);
  });
});

describe('messages', () => {
  test('within 24 hours of the last word, not after; the tag needs the feature', async () => {
    const { psid, customer_id } = await rig.sim('POST', `/pages/${page.pageId}/messages`, { text: 'Hi' });
    expect((await send({ id: psid })).json).toEqual({ recipient_id: psid, message_id: expect.stringMatching(/^m_/) });
    expect((await send({ id: customer_id })).json.error).toMatchObject({ code: 100, error_subcode: 2018001 });
    await rig.sim('POST', '/clock', { advance_seconds: 86_401 });
    const late = await send({ id: psid });
    expect(late.status).toBe(400);
    expect(late.json.error).toMatchObject({ code: 10, error_subcode: 2018278 });
    const tagged = { messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' };
    expect((await send({ id: psid }, { text: 'x' }, tagged)).json.error.code).toBe(10);
    await rig.sim('PATCH', '/app', { human_agent: true });
    expect((await send({ id: psid }, { text: 'x' }, tagged)).status).toBe(200);
    expect((await send({ id: psid }, { text: 'x' }, { ...tagged, tag: 'ACCOUNT_UPDATE' })).json.error.code).toBe(100);
  });

  test('me/messages, form bodies, empty and long texts, sender actions', async () => {
    const { psid } = await rig.sim('POST', `/pages/${page.pageId}/messages`, { text: 'Hi' });
    const form = new URLSearchParams({
      recipient: JSON.stringify({ id: psid }),
      message: JSON.stringify({ text: 'x' }),
    });
    expect((await post('me/messages', form)).status).toBe(200);
    expect((await send({ id: psid }, { text: ' ' })).json.error.code).toBe(100);
    expect((await send({ id: psid }, { text: 'x'.repeat(2001) })).json.error.code).toBe(100);
    expect((await post('me/messages', { recipient: { id: psid }, sender_action: 'typing_on' })).json).toEqual({
      recipient_id: psid,
    });
    expect((await post('me/messages', form, page.userToken)).json.error.code).toBe(1705);
  });

  test('one private reply per comment, within seven days; it tells the PSID and opens nothing', async () => {
    const { comment_id, from } = await comment({ from: { name: 'Ana' } });
    const first = await send({ comment_id }, { text: 'Details inside' });
    expect(first.status).toBe(200);
    expect(first.json.recipient_id).not.toBe(from.id);
    expect((await send({ comment_id })).json.error.code).toBe(10900);
    expect((await send({ id: first.json.recipient_id })).json.error.error_subcode).toBe(2018278);
    expect((await send({ comment_id: '1_2' })).json.error).toMatchObject({ code: 100, error_subcode: 2018292 });
    const old = await comment({});
    await rig.sim('POST', '/clock', { advance_seconds: 8 * 86_400 });
    expect((await send({ comment_id: old.comment_id })).json.error.code).toBe(10902);
  });

  test('without the permission or the task', async () => {
    await rig.sim('POST', `/people/${page.personId}/events`, { type: 'permission_removed', scope: 'pages_messaging' });
    expect((await send({ id: '1' })).json.error.code).toBe(230);
    const moderator = { name: 'Mo', pages: [{ id: page.pageId, name: 'Blue Cup', tasks: ['MODERATE'] }] };
    const { id } = await rig.sim('POST', '/people', moderator);
    const { pages } = await rig.sim('POST', `/people/${id}/tokens`, {});
    const answer = await post(
      'me/messages',
      { recipient: { id: '1' }, message: { text: 'x' } },
      pages[0].page_access_token,
    );
    expect(answer.json.error).toMatchObject({ code: 200 });
  });

  test('a profile by PSID only', async () => {
    const { psid, customer_id } = await rig.sim('POST', `/pages/${page.pageId}/messages`, {
      text: 'Hi',
      from: { name: 'Ana Silva' },
    });
    expect((await get(`${psid}?fields=first_name,last_name`)).json).toEqual({
      first_name: 'Ana',
      last_name: 'Silva',
      id: psid,
    });
    expect((await get(customer_id)).json.error.error_subcode).toBe(33);
  });
});

describe('the envelope', () => {
  test('headers of an error and of a success; no usage while it is trivial', async () => {
    const bad = await get('999999');
    expect(bad.json.error.fbtrace_id).toBe(bad.headers.get('x-fb-trace-id'));
    expect(bad.headers.get('www-authenticate')).toMatch(
      /^OAuth "Facebook Platform" "invalid_request" "Unsupported get request/,
    );
    expect(bad.headers.get('facebook-api-version')).toBe('v25.0');
    expect(bad.headers.get('content-type')).toBe('application/json; charset=UTF-8');
    expect(bad.headers.get('x-app-usage')).toBeNull();
    expect(bad.headers.get('cache-control')).toBe('no-store');
  });

  test('versions: none and an expired one are served by the oldest usable, one that never was is not', async () => {
    const version = async (path: string) =>
      (await rig.call('GET', `${path}?access_token=${page.pageToken}`)).headers.get('facebook-api-version');
    expect(await version('/v25.0/me')).toBe('v25.0');
    const oldest = await version('/me');
    expect(await version('/v3.2/me')).toBe(oldest);
    await rig.sim('POST', '/clock', { offset_seconds: Math.round(Date.UTC(2027, 9, 1) / 1000 - Date.now() / 1000) });
    expect(await version('/v22.0/me')).toBe('v23.0');
    const never = await rig.call('GET', '/v99.0/me');
    expect(never.status).toBe(400);
    expect(never.json.error).toMatchObject({ code: 2500, message: 'Unknown path components: /v99.0/me' });
    for (const path of ['/v24.7/me', '/v27.0/me']) expect((await rig.call('GET', path)).json.error.code).toBe(2500);
  });

  test('an unknown path, edge and method', async () => {
    expect((await get(`${page.pageId}/nonsense`)).json.error.code).toBe(2500);
    expect((await get(`${page.pageId}/messages`)).json.error.error_subcode).toBe(33);
    expect((await get('me?fields=nonsense')).json.error.message).toMatch(/^\(#100\) Tried accessing nonexisting field/);
    expect((await get('me?fields=constructor')).json.error.code).toBe(100);
  });

  test('usage climbs with calls, throttles at 100 and goes with the window', async () => {
    await rig.sim('PATCH', '/app', { allowance: { page: 20 } });
    for (let round = 0; round < 20; round += 1) await get('me');
    const over = await get('me');
    expect(over.json.error).toMatchObject({ code: 80001, is_transient: true });
    const usage = JSON.parse(over.headers.get('x-business-use-case-usage') ?? '{}');
    expect(usage[page.pageId][0].call_count).toBeGreaterThan(100);
    await rig.sim('POST', '/clock', { advance_seconds: 86_400 });
    expect((await get('me')).status).toBe(200);
  });
});

describe('permissions and tasks', () => {
  const without = (scope: string) =>
    rig.sim('POST', `/people/${page.personId}/events`, { type: 'permission_removed', scope });

  test.each<[string, (id: string) => Promise<{ json: Json }>, number, string]>([
    ['pages_show_list', () => get('me/accounts', page.userToken), 200, 'Requires pages_show_list permission'],
    ['pages_manage_metadata', () => get(`${page.pageId}/subscribed_apps`), 200, 'Requires pages_manage_metadata'],
    ['pages_read_engagement', id => get(id), 10, "requires the 'pages_read_engagement' permission"],
    ['pages_read_user_content', id => get(`${id}/comments`), 10, "requires the 'pages_read_user_content'"],
    ['pages_manage_engagement', id => post(`${id}/comments`, { message: 'x' }), 200, 'pages_manage_engagement'],
    ['pages_manage_engagement', id => post(id, { is_hidden: 'true' }), 200, 'pages_manage_engagement'],
    ['pages_messaging', () => send({ id: '1' }), 230, 'Requires pages_messaging'],
    [
      'pages_messaging',
      () => post(`${page.pageId}/subscribed_apps`, { subscribed_fields: 'messages' }),
      200,
      'To subscribe to messaging fields',
    ],
  ])('without %s', async (scope, act, code, message) => {
    const { comment_id } = await comment({});
    await without(scope);
    const { error } = (await act(comment_id)).json;
    expect(error.code).toBe(code);
    expect(error.message).toMatch(new RegExp(`^\\(#${code}\\) .*${message}`));
  });

  test('a person who may not moderate neither subscribes nor comments', async () => {
    const analyst = { name: 'Ann', pages: [{ id: page.pageId, name: 'Blue Cup', tasks: ['ANALYZE'] }] };
    const { id } = await rig.sim('POST', '/people', analyst);
    const token = (await rig.sim('POST', `/people/${id}/tokens`, {})).pages[0].page_access_token;
    const { comment_id } = await comment({});
    for (const answer of [
      await post(`${page.pageId}/subscribed_apps`, { subscribed_fields: 'feed' }, token),
      await post(`${comment_id}/comments`, { message: 'x' }, token),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.json.error.message).toContain('does not have an appropriate role on the Page');
    }
  });
});

describe('the app level', () => {
  test('needs the app token', async () => {
    const path = '257000000000001/subscriptions';
    expect((await get(path)).status).toBe(400);
    expect((await get(path, appToken)).json).toEqual({ data: [] });
  });
});
