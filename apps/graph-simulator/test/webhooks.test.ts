import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Delivered, Rig } from './support.ts';
import { appId, appSecret, appToken, seedPage, startReceiver, startRig } from './support.ts';

let rig: Rig;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let page: Awaited<ReturnType<typeof seedPage>>;
let answers: (count: number) => number;

beforeEach(async () => {
  answers = () => 200;
  receiver = await startReceiver(count => answers(count));
  rig = await startRig({ callbackUrl: receiver.url });
  page = await seedPage(rig);
});
afterEach(async () => {
  await rig.stop();
  await receiver.stop();
});

const got = (count: number) => rig.settled(() => receiver.delivered.length >= count);
const comment = (body: object = {}) => rig.sim('POST', `/pages/${page.pageId}/comments`, { text: 'Hi', ...body });
const message = (body: object = {}) => rig.sim('POST', `/pages/${page.pageId}/messages`, { text: 'Hi', ...body });
const isSigned = ({ bytes, headers }: Delivered, secret = appSecret) =>
  headers['x-hub-signature-256'] === `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`;
const items = () =>
  receiver.delivered.flatMap(delivered =>
    delivered.json.entry.flatMap((entry: { messaging?: object[] }) => entry.messaging ?? []),
  );

describe('deliveries', () => {
  test('a comment: signed over escaped bytes, seconds', async () => {
    const told = await comment({ text: 'Café 😀 https://x.example/', from: { name: 'Zoë' } });
    await got(1);
    const [delivered] = receiver.delivered;
    expect(isSigned(delivered!)).toBe(true);
    expect(delivered!.text).toContain(String.raw`Caf\u00e9 \ud83d\ude00 https:\/\/x.example\/`);
    const [entry] = delivered!.json.entry;
    expect(entry.id).toBe(page.pageId);
    expect(String(entry.time)).toHaveLength(10);
    expect(entry.changes[0]).toEqual({ field: 'feed', value: told.change.value });
    expect(entry.changes[0].value).toMatchObject({
      item: 'comment',
      verb: 'add',
      comment_id: told.comment_id,
      from: told.from,
    });
  });

  test('edits, removals and a missing author', async () => {
    const { comment_id } = await comment();
    await rig.sim('PATCH', `/comments/${comment_id}`, { text: 'Changed' });
    await rig.sim('DELETE', `/comments/${comment_id}`);
    await comment({ from: null });
    await rig.settled(() => receiver.delivered.flatMap(({ json }) => json.entry[0].changes).length === 4);
    const values = receiver.delivered.flatMap(({ json }) =>
      json.entry[0].changes.map((change: { value: object }) => change.value),
    );
    expect(values.map(value => value.verb)).toEqual(['add', 'edited', 'remove', 'add']);
    expect(values[2]).not.toHaveProperty('message');
    expect(values[3]).not.toHaveProperty('from');
  });

  test("the app's own send: echo with metadata and a number for the app, and a delivery", async () => {
    const { psid } = await message();
    const body = { recipient: { id: psid }, message: { text: 'Hello', metadata: 'job_7' } };
    const sent = await rig.call('POST', `/v25.0/me/messages?access_token=${page.pageToken}`, body);
    await rig.settled(() => items().length === 3);
    const [inbound, echo, delivery] = items();
    expect(inbound).toMatchObject({ sender: { id: psid }, recipient: { id: page.pageId }, message: { text: 'Hi' } });
    expect(String(inbound.timestamp)).toHaveLength(13);
    const mid = sent.json.message_id;
    expect(echo.message).toEqual({ mid, is_echo: true, app_id: Number(appId), metadata: 'job_7', text: 'Hello' });
    expect(delivery.delivery.mids).toEqual([mid]);
  });

  test("the page inbox's echo has another app; the page's own comment comes back from the page", async () => {
    await message({ as: 'inbox', from: { name: 'Ana' } });
    await rig.settled(() => items().length === 2);
    expect(items()[0].message.app_id).toBe(26390203743090);
    const { comment_id } = await comment({ deliver: false });
    await rig.call('POST', `/v25.0/${comment_id}/comments?access_token=${page.pageToken}`, { message: 'Thanks' });
    await rig.settled(() => receiver.delivered.some(({ json }) => json.entry[0].changes));
    const own = receiver.delivered.at(-1)!.json.entry[0].changes[0].value;
    expect(own).toMatchObject({ from: { id: page.pageId }, parent_id: comment_id, message: 'Thanks' });
  });
});

describe('what is delivered, and how often', () => {
  test('only what is subscribed on both levels', async () => {
    expect((await comment({ deliver: false })).delivery).toBe('held');
    await rig.call('DELETE', `/v25.0/${appId}/subscriptions?object=page&fields=messages&access_token=${appToken}`);
    expect((await message()).delivery).toBe('not_subscribed');
    expect((await comment()).delivery).toBe('queued');
    await rig.call('DELETE', `/v25.0/${page.pageId}/subscribed_apps?access_token=${page.pageToken}`);
    expect((await comment()).delivery).toBe('not_subscribed');
    await got(1);
    expect(receiver.delivered).toHaveLength(1);
  });

  test('a refused delivery comes again with the same bytes until it is taken', async () => {
    answers = count => (count < 4 ? 503 : 200);
    await comment();
    await got(4);
    expect(new Set(receiver.delivered.map(({ text }) => text)).size).toBe(1);
    await rig.settled(() => rig.world.ledger.entries.filter(({ type }) => type === 'delivery').length === 4);
    const { data } = await rig.sim('GET', '/ledger?type=delivery');
    expect(data.map((entry: { attempt: number; status: number }) => [entry.attempt, entry.status])).toEqual([
      [1, 503],
      [2, 503],
      [3, 503],
      [4, 200],
    ]);
    expect((await rig.sim('GET', '')).counts).toMatchObject({ waiting_changes: 0, waiting_retries: 0 });
  });

  test('nothing listens: it comes when something does', async () => {
    await rig.sim('PATCH', '/app', { callback_url: 'http://127.0.0.1:9/' });
    await comment();
    await rig.settled(() =>
      rig.world.ledger.entries.some(entry => entry.type === 'delivery' && entry.failure !== null),
    );
    await rig.sim('PATCH', '/app', { callback_url: receiver.url });
    await got(1);
  });
});

describe('the handshake', () => {
  const subscribe = (verifyToken: string, callbackUrl = receiver.url) =>
    rig.call(
      'POST',
      `/v25.0/${appId}/subscriptions?access_token=${appToken}`,
      new URLSearchParams({
        object: 'page',
        callback_url: callbackUrl,
        fields: 'feed,messages',
        verify_token: verifyToken,
        include_values: 'true',
      }),
    );

  test('taken, and told', async () => {
    expect((await subscribe('verify-me')).json).toEqual({ success: true });
    const { data } = (await rig.call('GET', `/v25.0/${appId}/subscriptions?access_token=${appToken}`)).json;
    expect(data[0]).toMatchObject({
      callback_url: receiver.url,
      active: true,
      fields: [{ name: 'feed', version: 'v25.0' }, { name: 'messages' }],
    });
  });

  test('refused', async () => {
    const answer = await subscribe('wrong');
    expect(answer.status).toBe(400);
    expect(answer.json.error).toMatchObject({
      code: 2200,
      message:
        '(#2200) Callback verification failed with the following errors: HTTP Status Code = 403; HTTP Message = Forbidden',
    });
    expect((await subscribe('verify-me', 'not a url')).json.error.code).toBe(2200);
  });
});

describe('redelivery', () => {
  test('recorded changes again: repeated, shuffled, in other batches', async () => {
    const { change_ids } = await rig.sim('POST', `/pages/${page.pageId}/comments/bulk`, { count: 10, deliver: false });
    const sent = await rig.sim('POST', '/redeliver', { change_ids, batch_size: 4, shuffle: true, times: 2 });
    expect(sent).toMatchObject({ bodies: 5, statuses: { 200: 5 } });
    const ids = receiver.delivered.flatMap(({ json }) =>
      json.entry.flatMap((entry: { changes: { value: { comment_id: string } }[] }) =>
        entry.changes.map(change => change.value.comment_id),
      ),
    );
    expect(ids).toHaveLength(20);
    expect(new Set(ids).size).toBe(10);
    expect((await rig.call('POST', '/__sim/redeliver', {})).status).toBe(400);
  });

  test('bulk in batches, each with its own customer', async () => {
    const bulk = await rig.sim('POST', `/pages/${page.pageId}/comments/bulk`, {
      count: 250,
      batch_size: 100,
      text: 'No. {n}',
    });
    expect(bulk).toMatchObject({ count: 250, bodies: 3, statuses: { 200: 3 }, delivery: 'delivered' });
    const values = receiver.delivered.flatMap(({ json }) =>
      json.entry[0].changes.map((change: { value: object }) => change.value),
    );
    expect(new Set(values.map(value => value.from.id)).size).toBe(250);
    expect(values.map(value => value.message)).toContain('No. 250');
  });

  test('raw deliveries in every mode of signing', async () => {
    const changes = [{ page_id: '1', field: 'feed', value: { item: 'reel', verb: 'unknown' } }];
    const deliver = async (mode: string) => {
      await rig.sim('POST', '/deliveries', { changes, mode });
      return receiver.delivered.at(-1)!;
    };
    expect(isSigned(await deliver('ok'))).toBe(true);
    expect(isSigned(await deliver('bad_signature'))).toBe(false);
    expect(isSigned(await deliver('altered'))).toBe(false);
    expect((await deliver('no_header')).headers['x-hub-signature']).toBeUndefined();
    const sha1Only = (await deliver('sha1_only')).headers;
    expect([sha1Only['x-hub-signature-256'], typeof sha1Only['x-hub-signature']]).toEqual([undefined, 'string']);
    await rig.sim('POST', '/app/events', { type: 'secret_reset', secret: 'another-secret' });
    expect(isSigned(await deliver('old_secret'), appSecret)).toBe(true);
    expect(isSigned(await deliver('ok'), 'another-secret')).toBe(true);
    await rig.sim('POST', '/deliveries', { raw: '{"object":"page","entry":[' });
    expect(receiver.delivered.at(-1)!.text).toBe('{"object":"page","entry":[');
  });

  test('entries of several pages, changes and messaging, in one POST', async () => {
    const entries = [
      { id: '1', time: 1, changed_fields: ['feed'] },
      { id: '2', time: 2, standby: [{}] },
    ];
    expect(await rig.sim('POST', '/deliveries', { entries, times: 3 })).toMatchObject({ statuses: { 200: 3 } });
    expect(receiver.delivered[0]!.json).toEqual({ object: 'page', entry: entries });
  });
});
