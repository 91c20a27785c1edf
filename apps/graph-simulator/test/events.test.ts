import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json, Rig } from './support.ts';
import { appId, appToken, seedPage, startReceiver, startRig } from './support.ts';

let rig: Rig;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let page: Awaited<ReturnType<typeof seedPage>>;
/** What the receiver waits for before it answers. */
let gate: Promise<unknown>;

const everything =
  'feed,mention,leadgen,messages,messaging_postbacks,message_echoes,message_deliveries,message_reads,message_reactions,message_edits,messaging_optins,messaging_referrals,messaging_handovers,messaging_account_linking,messaging_policy_enforcement,standby';

beforeEach(async () => {
  gate = Promise.resolve();
  receiver = await startReceiver(() => gate.then(() => 200));
  rig = await startRig({ callbackUrl: receiver.url });
  page = await seedPage(rig);
  await subscribe(page);
});
afterEach(async () => {
  await rig.stop();
  await receiver.stop();
});

const subscribe = ({ pageId, pageToken }: { pageId: string; pageToken: string }) =>
  rig.call('POST', `/v25.0/${pageId}/subscribed_apps?subscribed_fields=${everything}&access_token=${pageToken}`);
const event = (body: object) => rig.sim('POST', `/pages/${page.pageId}/events`, { from: { name: 'Ana' }, ...body });
const message = (body: object = {}) =>
  rig.sim('POST', `/pages/${page.pageId}/messages`, { text: 'Hi', from: { name: 'Ana' }, ...body });
const comment = (body: object = {}) =>
  rig.sim('POST', `/pages/${page.pageId}/comments`, { text: 'Hi', from: { name: 'Ana' }, ...body });
const send = (recipient: object) =>
  rig.call('POST', `/v25.0/me/messages?access_token=${page.pageToken}`, { recipient, message: { text: 'Hello' } });

/** All entries that came, when nothing more comes by itself. */
async function entries(): Promise<Json[]> {
  await rig.calm();
  return receiver.delivered.flatMap(({ json }) => json.entry);
}
const items = async () => (await entries()).flatMap(entry => entry.messaging ?? entry.standby ?? []);
const values = async () =>
  (await entries()).flatMap(entry => (entry.changes ?? []).map((change: Json) => change.value));
const kinds = (messaging: Json[]) =>
  messaging.map(item => Object.keys(item).find(key => !['sender', 'recipient', 'timestamp'].includes(key)));

describe('what our own sends bring back', () => {
  test('echo, delivery and read, in this order; no read when the knob says so', async () => {
    const { psid } = await message();
    const sent = (await send({ id: psid })).json;
    const [, echo, delivery, read] = await items();
    expect(kinds(await items())).toEqual(['message', 'message', 'delivery', 'read']);
    expect(echo.message).toMatchObject({ is_echo: true, mid: sent.message_id, app_id: Number(appId) });
    expect(delivery.delivery.mids).toEqual([sent.message_id]);
    expect(read.read.watermark).toBe(delivery.delivery.watermark);
    await rig.sim('PATCH', '/app', { reads: false });
    await send({ id: psid });
    expect(kinds((await items()).slice(4))).toEqual(['message', 'delivery']);
  });

  test('a private reply too; a comment of ours comes as a feed event of the page, and its edit and removal', async () => {
    const { comment_id } = await comment({ deliver: false });
    await send({ comment_id });
    expect(kinds(await items())).toEqual(['message', 'delivery', 'read']);
    const path = (id: string) => `/v25.0/${id}?access_token=${page.pageToken}`;
    const own = await rig.call('POST', `/v25.0/${comment_id}/comments?access_token=${page.pageToken}`, {
      message: 'A',
    });
    await rig.call('POST', path(own.json.id), { message: 'B' });
    await rig.call('POST', path(comment_id), { is_hidden: 'true' });
    await rig.call('DELETE', path(own.json.id));
    const told = await values();
    expect(told.map(value => [value.verb, value.from.id])).toEqual([
      ['add', page.pageId],
      ['edited', page.pageId],
      ['hide', page.pageId],
      ['remove', page.pageId],
    ]);
  });

  test('a human in the inbox is an echo of another app; so is another bot', async () => {
    await message({ as: 'inbox' });
    await message({ as: 'inbox', app_id: '424242' });
    const echoes = (await items()).filter(item => item.message?.is_echo);
    expect(echoes.map(item => item.message.app_id)).toEqual([26390203743090, 424242]);
  });
});

describe('what customers do', () => {
  test.each<[string, object, string, object]>([
    ['postback', { title: 'Go', payload: 'P', referral: { ref: 'r' } }, 'postback', { title: 'Go', payload: 'P' }],
    ['referral', { source: 'ADS', ad_id: '9' }, 'referral', { source: 'ADS', type: 'OPEN_THREAD', ad_id: '9' }],
    ['optin', {}, 'optin', { type: 'notification_messages', payload: 'NEWS' }],
    ['read', {}, 'read', { watermark: expect.any(Number) }],
    ['delivery', { with_mids: false }, 'delivery', { watermark: expect.any(Number) }],
    ['account_linking', {}, 'account_linking', { status: 'linked' }],
    ['handover', { action: 'request', app_id: '5' }, 'request_thread_control', { requested_owner_app_id: '5' }],
    ['handover', { action: 'app_roles', app_id: '5' }, 'app_roles', { 5: ['primary_receiver'] }],
  ])('%s %o', async (type, body, key, expected) => {
    const { psid } = await message({ deliver: false });
    expect((await event({ type, ...body })).delivery).toBe('queued');
    const [item] = await items();
    expect(item).toMatchObject({ sender: { id: psid }, recipient: { id: page.pageId }, [key]: expected });
    expect(String(item.timestamp)).toHaveLength(13);
  });

  test('a reaction to our message, taken back; an edit of their own, at most five times', async () => {
    const { psid, mid } = await message({ deliver: false });
    const sent = (await send({ id: psid })).json.message_id;
    await event({ type: 'reaction' });
    await event({ type: 'reaction', action: 'unreact', mid: sent });
    for (let round = 1; round <= 5; round += 1) await event({ type: 'message_edit', text: `Take ${round}` });
    await expect(event({ type: 'message_edit', text: 'Take 6' })).rejects.toThrow('edited five times');
    const all = await items();
    expect(all.filter(item => item.reaction).map(item => item.reaction)).toEqual([
      { reaction: 'love', emoji: '❤️', action: 'react', mid: sent },
      { action: 'unreact', mid: sent },
    ]);
    expect(all.filter(item => item.message_edit).at(-1)!.message_edit).toEqual({ mid, text: 'Take 5', num_edit: 5 });
  });

  test('attachments without a text, a quick reply, an answer to a message', async () => {
    const attachments = [{ type: 'sticker', payload: { sticker_id: 369239263222822 } }];
    await message({ text: undefined, attachments });
    await message({ quick_reply: { payload: 'YES' }, reply_to: { mid: 'm_1' } });
    const [picture, quick] = await items();
    expect(picture.message).toEqual({ mid: expect.any(String), attachments });
    expect(quick.message).toMatchObject({ text: 'Hi', quick_reply: { payload: 'YES' }, reply_to: { mid: 'm_1' } });
    await expect(message({ text: '' })).rejects.toThrow('Give a text, or attachments');
  });

  test('what happens while another app has the thread stands in `standby`', async () => {
    await event({ type: 'handover', action: 'pass', deliver: false });
    await message();
    await event({ type: 'postback' });
    const came = await entries();
    expect(came.map(entry => Object.keys(entry))).toEqual([
      ['id', 'time', 'standby'],
      ['id', 'time', 'standby'],
    ]);
    await rig.call(
      'POST',
      `/v25.0/${page.pageId}/subscribed_apps?subscribed_fields=messages&access_token=${page.pageToken}`,
    );
    expect((await message()).delivery).toBe('not_subscribed');
  });
});

describe('what happens in the feed', () => {
  test.each<[object, object]>([
    [
      { type: 'post', item: 'photo', text: 'New cups' },
      { item: 'photo', verb: 'add', message: 'New cups', published: 1 },
    ],
    [
      { type: 'post', verb: 'remove', post_id: '1_2' },
      { item: 'post', verb: 'remove', post_id: '1_2' },
    ],
    [
      { type: 'post', item: 'share', verb: 'edited' },
      { item: 'share', verb: 'edited', link: expect.any(String) },
    ],
    [
      { type: 'feed_reaction', reaction_type: 'wow' },
      { item: 'reaction', reaction_type: 'wow', verb: 'add' },
    ],
    [
      { type: 'like', verb: 'remove' },
      { item: 'like', verb: 'remove' },
    ],
    [
      { type: 'mention', text: 'Look' },
      { item: 'comment', message: 'Look', comment_id: expect.any(String) },
    ],
  ])('%o', async (body, expected) => {
    await event(body);
    const [entry] = await entries();
    expect(String(entry.time)).toHaveLength(10);
    expect(entry.changes[0].field).toBe((body as { type: string }).type === 'mention' ? 'mention' : 'feed');
    expect(entry.changes[0].value).toMatchObject({ from: { name: 'Ana' }, ...expected });
  });

  test('a lead; a picture for a comment; somebody who may not be shown', async () => {
    await event({ type: 'leadgen', from: undefined });
    await comment({ text: '', media: { photo: 'https://pictures.example/1' } });
    await event({ type: 'like', from: null });
    const [lead, picture, like] = await values();
    expect(lead).toMatchObject({ page_id: page.pageId, leadgen_id: expect.any(String) });
    expect(picture).toMatchObject({ photo: 'https://pictures.example/1', item: 'comment' });
    expect(picture).not.toHaveProperty('message');
    expect(like).not.toHaveProperty('from');
  });

  test('ids as numbers that no number can hold', async () => {
    await rig.sim('PATCH', '/app', { numeric_ids: ['photo_id'] });
    const { change } = await event({ type: 'post', item: 'photo', text: '"photo_id":"1"' });
    await rig.calm();
    const { photo_id } = change.value;
    expect(receiver.delivered[0]!.text).toContain(`"photo_id":${photo_id}`);
    expect(receiver.delivered[0]!.json.entry[0].changes[0].value.message).toBe('"photo_id":"1"');
    expect(String(receiver.delivered[0]!.json.entry[0].changes[0].value.photo_id)).not.toBe(photo_id);
  });
});

describe('what nobody has seen before', () => {
  test.each([
    ['feed', 'changes', { item: 'reel', verb: 'shimmer', comment_id: '1_2' }],
    ['no_such_field', 'changes', { anything: true }],
    ['messages', 'messaging', { sender: { id: '1' }, telepathy: {} }],
  ])('%s in %s', async (field, list, value) => {
    await rig.sim('POST', `/pages/${page.pageId}/changes`, { field: 'feed', value, deliver: false });
    const told = await rig.sim('POST', `/pages/${page.pageId}/changes`, { field, list, value });
    expect(told.delivery).toBe(field === 'no_such_field' ? 'not_subscribed' : 'queued');
    await rig.sim('POST', '/redeliver', { change_ids: [told.change.id] });
    const entry = (await entries()).at(-1);
    expect(list === 'messaging' ? entry.messaging[0] : entry.changes[0]).toEqual(
      list === 'messaging' ? value : { field, value },
    );
  });

  test("the dashboard's test, also of messaging fields, in `changes`", async () => {
    for (const field of ['feed', 'messages', 'messaging_postbacks']) {
      expect(await rig.sim('POST', '/app/test-webhook', { field })).toEqual({ status: 200, failure: null });
    }
    const came = await entries();
    expect(came.map(entry => [entry.id, entry.changes[0].field])).toEqual([
      ['0', 'feed'],
      ['0', 'messages'],
      ['0', 'messaging_postbacks'],
    ]);
  });

  test('an app that wants no values is told only what has changed', async () => {
    const body = new URLSearchParams({
      object: 'page',
      callback_url: receiver.url,
      fields: 'feed',
      verify_token: 'verify-me',
    });
    expect((await rig.call('POST', `/v25.0/${appId}/subscriptions?access_token=${appToken}`, body)).json.success).toBe(
      true,
    );
    await comment();
    const [entry] = await entries();
    expect(entry).toEqual({ id: page.pageId, time: expect.any(Number), changed_fields: ['feed'] });
    body.set('include_values', 'true');
    await rig.call('POST', `/v25.0/${appId}/subscriptions?access_token=${appToken}`, body);
    await comment();
    expect((await entries()).at(-1).changes[0].value.message).toBe('Hi');
  });
});

test('nothing comes once a page has unsubscribed, nor what waited by then', async () => {
  let release = () => {};
  gate = new Promise<void>(resolve => {
    release = resolve;
  });
  await comment({ text: 'first' });
  await rig.settled(() => receiver.delivered.length === 1);
  expect((await comment({ text: 'second' })).delivery).toBe('queued');
  await rig.call('DELETE', `/v25.0/${page.pageId}/subscribed_apps?access_token=${page.pageToken}`);
  release();
  expect((await values()).map(value => value.message)).toEqual(['first']);
});

describe('mischief', () => {
  const mischief = (given: object) => rig.sim('PATCH', '/app', { mischief: given });

  test('everything twice, with the same bytes, and once more an hour later', async () => {
    await mischief({ duplicates: 1, late_copies: 1, late_copy_seconds: 3600 });
    await comment();
    await rig.settled(() => receiver.delivered.length === 2);
    await rig.sim('POST', '/clock', { advance_seconds: 3601 });
    await rig.settled(() => receiver.delivered.length === 3);
    expect(new Set(receiver.delivered.map(({ text }) => text)).size).toBe(1);
  });

  test('a share of them, drawn from the seed', async () => {
    await mischief({ duplicates: 0.5 });
    for (let round = 0; round < 20; round += 1) {
      await comment();
      await rig.calm();
    }
    await rig.settled(() => receiver.delivered.length > 20);
    expect(receiver.delivered.length).toBeLessThan(40);
  });

  test('pages of several tenants, feed and messaging, in one POST and out of order', async () => {
    await mischief({ mixed: true, out_of_order: true, batch: 1000 });
    const other = await seedPage(rig, { name: 'Rival', pages: [{ name: 'Red Cup' }] });
    await subscribe(other);
    // While the first is on its way, the others pile up.
    let release = () => {};
    gate = new Promise<void>(resolve => {
      release = resolve;
    });
    const texts = Array.from({ length: 30 }, (_, n) => `No. ${n}`);
    await Promise.all(
      texts.flatMap(text => [
        comment({ text }),
        rig.sim('POST', `/pages/${other.pageId}/messages`, { text, from: { name: 'Ben' } }),
      ]),
    );
    release();
    await rig.calm();
    const largest = receiver.delivered.reduce((one, two) => (two.bytes.length > one.bytes.length ? two : one));
    const lists = largest.json.entry.map((entry: Json) =>
      [entry.id, entry.changes ? 'changes' : 'messaging'].join(' '),
    );
    expect(new Set(lists)).toEqual(new Set([`${page.pageId} changes`, `${other.pageId} messaging`]));
    const sequence = (await values()).map(value => texts.indexOf(value.message));
    expect(sequence).not.toEqual(sequence.toSorted((one, two) => one - two));
    expect(new Set(sequence).size).toBe(30);
  });

  test('a thousand changes in one body', async () => {
    const { change_ids } = await rig.sim('POST', `/pages/${page.pageId}/comments/bulk`, {
      count: 1000,
      deliver: false,
    });
    await rig.sim('POST', '/redeliver', { change_ids, batch_size: 1000 });
    expect(receiver.delivered).toHaveLength(1);
    expect((await values()).length).toBe(1000);
  });

  test('deliveries signed wrongly, as a rule', async () => {
    await rig.sim('PATCH', '/app', { signature: 'no_header' });
    await comment();
    await rig.calm();
    expect(receiver.delivered[0]!.headers['x-hub-signature-256']).toBeUndefined();
  });
});

test('the events are strict, and say what is wrong', async () => {
  const bad = await rig.call('POST', `/__sim/pages/${page.pageId}/events`, { type: 'postback', titel: 'x' });
  expect([bad.status, bad.json.error]).toEqual([400, expect.stringContaining('titel')]);
  expect((await rig.call('POST', `/__sim/pages/${page.pageId}/events`, { type: 'dance' })).status).toBe(400);
});
