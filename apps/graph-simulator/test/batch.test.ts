import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { proofOf } from '../src/tokens/proof.ts';
import type { Rig } from './support.ts';
import { appId, appSecret, appToken, seedPage, startRig } from './support.ts';

let rig: Rig;
let page: Awaited<ReturnType<typeof seedPage>>;

beforeEach(async () => {
  rig = await startRig();
  page = await seedPage(rig);
});
afterEach(() => rig.stop());

const get = (path: string, token = page.pageToken) =>
  rig.call('GET', `/v25.0/${path}${path.includes('?') ? '&' : '?'}access_token=${token}`);
const batch = (items: unknown, more: object = {}, path = '/v25.0/') =>
  rig.call('POST', path, { access_token: page.pageToken, batch: JSON.stringify(items), ...more });

describe('a batch', () => {
  test('each item is answered for itself, as JSON in text; the whole is a 200', async () => {
    const { comment_id } = await rig.sim('POST', `/pages/${page.pageId}/comments`, { text: 'Hi' });
    const answer = await batch([
      { method: 'GET', relative_url: 'me?fields=id' },
      { method: 'POST', relative_url: `${comment_id}/comments`, body: 'message=Thanks%20a%20lot' },
      { method: 'GET', relative_url: `me?access_token=${page.userToken}` },
      { method: 'GET', relative_url: 'me', access_token: 'garbage' },
      { method: 'GET', relative_url: 'v99.0/me' },
      'nonsense',
    ]);
    expect(answer.status).toBe(200);
    expect(answer.json.map((item: { code: number }) => item.code)).toEqual([200, 200, 200, 400, 400, 400]);
    expect(JSON.parse(answer.json[0].body)).toEqual({ id: page.pageId });
    expect(answer.json[0].headers).toContainEqual({ name: 'Facebook-Api-Version', value: 'v25.0' });
    const reply = JSON.parse(answer.json[1].body).id;
    expect((await get(reply)).json.message).toBe('Thanks a lot');
    expect(JSON.parse(answer.json[2].body).name).toBe('Olga Owner');
    expect(JSON.parse(answer.json[3].body).error.code).toBe(190);
    expect(JSON.parse(answer.json[4].body).error.code).toBe(2500);
    expect((await batch([{ method: 'GET', relative_url: 'me' }], { include_headers: false })).json).toEqual([
      { code: 200, body: JSON.stringify({ name: 'Blue Cup', id: page.pageId }) },
    ]);
  });

  test('no more than fifty, a token for the whole, and no version is needed', async () => {
    const item = { method: 'GET', relative_url: 'me?fields=id' };
    const fifty = Array.from({ length: 50 }, () => item);
    expect((await batch(fifty, {}, '/')).json).toHaveLength(50);
    const over = await batch([...fifty, item]);
    expect(over.status).toBe(400);
    expect(over.json.error).toMatchObject({
      type: 'GraphBatchException',
      message: 'Too many requests in batch message. Maximum batch size is 50',
    });
    expect(over.json.error.code).toBeUndefined();
    expect((await rig.call('POST', '/v25.0/', { batch: JSON.stringify([item]) })).json.error.code).toBe(200);
  });

  test('an item that is not done in time, or whose answer is lost, is null', async () => {
    await rig.sim('PATCH', '/app', { batch_item_ms: 20 });
    await rig.sim('POST', '/faults', { match: { endpoint: 'page' }, fault: { type: 'latency', ms: 5000 } });
    await rig.sim('POST', '/faults', { match: { endpoint: 'accounts' }, fault: { type: 'lost_response' } });
    const items = [
      { method: 'GET', relative_url: page.pageId },
      { method: 'GET', relative_url: `me/accounts?access_token=${page.userToken}` },
      { method: 'GET', relative_url: `me/permissions?access_token=${page.userToken}` },
    ];
    const { json } = await batch(items);
    expect(json.map((item: { code: number } | null) => item?.code ?? null)).toEqual([null, null, 200]);
  });

  test('each item counts for limits and stands in the ledger', async () => {
    await rig.sim('PATCH', '/app', { allowance: { page: 8 } });
    const { json } = await batch(Array.from({ length: 6 }, () => ({ method: 'GET', relative_url: 'me' })));
    expect(json.map((item: { code: number }) => item.code)).toEqual(Array.from({ length: 6 }, () => 200));
    // One call subscribed the Page, six came in the batch: this one makes it 100 percent.
    expect((await get('me')).json.error.code).toBe(80001);
    const { data } = await rig.sim('GET', '/ledger?endpoint=page');
    expect(data.filter((entry: { in_batch: boolean }) => entry.in_batch)).toHaveLength(6);
    expect((await rig.sim('GET', '/ledger/counts')).calls.by_endpoint).toMatchObject({ 'POST batch': 1 });
  });

  test('a proof holds for its own token only', async () => {
    await rig.sim('PATCH', '/app', { proof: 'required' });
    const proof = proofOf(appSecret, page.pageToken);
    const own = proofOf(appSecret, page.userToken);
    const items = [
      { method: 'GET', relative_url: `me?appsecret_proof=${proof}` },
      { method: 'GET', relative_url: `me?access_token=${page.userToken}` },
      { method: 'GET', relative_url: `me?access_token=${page.userToken}&appsecret_proof=${own}` },
    ];
    const { json } = await batch(items, { appsecret_proof: proof });
    expect(json.map((item: { code: number }) => item.code)).toEqual([200, 400, 200]);
    const without = () => batch([{ method: 'GET', relative_url: 'me' }], { appsecret_proof: proof });
    expect((await without()).json).toMatchObject([{ code: 400 }]);
    await rig.sim('PATCH', '/app', { batch_proof: 'inherited' });
    expect((await without()).json).toMatchObject([{ code: 200 }]);
    const missing = 'API calls from the server require an appsecret_proof argument';
    expect(JSON.parse(json[1].body).error.message).toBe(missing);
    expect((await batch(items)).json.error.message).toBe(missing);
  });
});

describe('several objects at once', () => {
  test('stand under their ids; one that is not there fails them all', async () => {
    const one = await rig.sim('POST', `/pages/${page.pageId}/comments`, { text: 'One' });
    const two = await rig.sim('POST', `/pages/${page.pageId}/comments`, { text: 'Two' });
    const path = `?ids=${one.comment_id},${two.comment_id}&fields=message`;
    expect((await get(path)).json).toEqual({
      [one.comment_id]: { message: 'One', id: one.comment_id },
      [two.comment_id]: { message: 'Two', id: two.comment_id },
    });
    expect((await get(`?ids=${one.comment_id},12345`)).json.error).toMatchObject({ code: 803 });
    expect((await rig.call('GET', `/?ids=${page.pageId}&access_token=${page.pageToken}`)).json).toHaveProperty(
      page.pageId,
    );
  });

  test('fields can reach into a list', async () => {
    const top = await rig.sim('POST', `/pages/${page.pageId}/comments`, { text: 'Top' });
    for (const text of ['a', 'b', 'c']) {
      await rig.sim('POST', `/pages/${page.pageId}/comments`, { text, parent_id: top.comment_id });
    }
    const { comments } = (await get(`${top.comment_id}?fields=id,comments.limit(2){message}`)).json;
    expect(comments.data.map((row: { message: string }) => row.message)).toEqual(['a', 'b']);
    expect(Object.keys(comments.data[0])).toEqual(['message', 'id']);
  });
});

test('oauth/revoke ends a token and the page tokens made from it, and no other', async () => {
  const other = await rig.sim('POST', `/people/${page.personId}/tokens`, {});
  const revoke = (token: string, secret = appSecret) =>
    rig.call('GET', `/v25.0/oauth/revoke?client_id=${appId}&client_secret=${secret}&revoke_token=${token}`);
  expect((await revoke(page.userToken, 'wrong')).json.error.code).toBe(1);
  expect((await revoke(page.userToken)).json).toEqual({ success: true });
  for (const token of [page.userToken, page.pageToken]) {
    expect((await get('me', token)).json.error).toMatchObject({ code: 190, error_subcode: 466 });
    const inside = (await get(`debug_token?input_token=${token}`, appToken)).json.data;
    expect(inside).toMatchObject({ is_valid: false, error: { code: 190, subcode: 466 } });
  }
  for (const token of [other.user_token, other.pages[0].page_access_token]) {
    expect((await get('me', token)).status).toBe(200);
  }
  expect((await revoke(page.userToken)).json.error).toMatchObject({ code: 190, error_subcode: 466 });
});
