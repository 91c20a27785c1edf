import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json, Rig } from './support.ts';
import { seedPage, startRig } from './support.ts';

let rig: Rig;
let page: Awaited<ReturnType<typeof seedPage>>;
let psid: string;

beforeEach(async () => {
  rig = await startRig();
  page = await seedPage(rig);
  psid = (await write({})).psid;
});
afterEach(() => rig.stop());

const write = (body: object) =>
  rig.sim('POST', `/pages/${page.pageId}/messages`, { text: 'Hi', from: { name: 'Ana' }, ...body });
const comment = (body: object = {}) => rig.sim('POST', `/pages/${page.pageId}/comments`, { text: 'Hi', ...body });
const event = (body: object) => rig.sim('POST', `/pages/${page.pageId}/events`, { from: { name: 'Ana' }, ...body });
const knobs = (body: object) => rig.sim('PATCH', '/app', body);
const advance = (advance_seconds: number) => rig.sim('POST', '/clock', { advance_seconds });
const post = (path: string, body: object) => rig.call('POST', `/v25.0/${path}?access_token=${page.pageToken}`, body);
const send = (recipient: object = { id: psid }, more: object = {}) =>
  post('me/messages', { recipient, message: { text: 'Hello' }, ...more });
const errorOf = async (answer: Promise<{ status: number; json: Json }>) => {
  const { status, json } = await answer;
  return [status, json.error?.code, json.error?.error_subcode];
};

describe('who can be written to', () => {
  test('somebody who has blocked the page, in either way, or receives nothing', async () => {
    const reach = (reachable: string) => rig.sim('PUT', `/pages/${page.pageId}/customers`, { name: 'Ana', reachable });
    expect(await reach('blocked')).toMatchObject({ psid, reachable: 'blocked' });
    expect(await errorOf(send())).toEqual([400, 551, 1545041]);
    await reach('blocked_as_200');
    expect(await errorOf(send())).toEqual([400, 200, 1545041]);
    await reach('not_receiving');
    expect(await errorOf(send())).toEqual([400, 10, 2018108]);
    const { comment_id } = await comment({ from: { name: 'Ana' } });
    expect(await errorOf(send({ comment_id }))).toEqual([400, 10, 2018108]);
    await reach('yes');
    expect((await send()).status).toBe(200);
  });

  test('with standard access: only people with a role on the app, and comments do not say by whom', async () => {
    await knobs({ access: 'standard' });
    expect(await errorOf(send())).toEqual([400, 200, 2018028]);
    expect((await comment({ from: { name: 'Ana' } })).change.value).not.toHaveProperty('from');
    await rig.sim('PUT', `/pages/${page.pageId}/customers`, { name: 'Ana', app_role: true });
    expect((await send()).status).toBe(200);
    expect((await comment({ from: { name: 'Ana' } })).change.value.from).toMatchObject({ name: 'Ana' });
  });

  test('a thread in the hands of another app, until it is taken back; meanwhile we only stand by', async () => {
    const pass = await event({ type: 'handover', action: 'pass', app_id: '424242' });
    expect(pass.change.value.pass_thread_control).toEqual({
      previous_owner_app_id: '257000000000001',
      new_owner_app_id: '424242',
    });
    expect(await errorOf(send())).toEqual([400, 10, 2018300]);
    const inbound = (await write({ text: 'Anyone?' })).change;
    expect([inbound.field, inbound.list, inbound.value.message.text]).toEqual(['standby', 'standby', 'Anyone?']);
    const take = await event({ type: 'handover', action: 'take', app_id: null, numeric_ids: true });
    expect(take.change.value.take_thread_control.previous_owner_app_id).toBe(424242);
    expect((await send()).status).toBe(200);
    expect((await write({})).change.list).toBe('messaging');
  });

  test('nobody, while the page is restricted; it is told so, and when it is over', async () => {
    const told = await event({ type: 'restricted', reason: 'Spam', from: undefined });
    expect(told.change.value).toEqual({
      recipient: { id: page.pageId },
      timestamp: expect.any(Number),
      policy_enforcement: { action: 'block', reason: 'Spam' },
    });
    expect(await errorOf(send())).toEqual([400, 10, 1893063]);
    expect((await event({ type: 'unrestricted', from: undefined })).change.value.policy_enforcement.action).toBe(
      'unblock',
    );
    expect((await send()).status).toBe(200);
  });
});

describe('the twenty-four hours', () => {
  test.each([
    ['a message', () => write({})],
    ['a postback', () => event({ type: 'postback' })],
    ['a referral', () => event({ type: 'referral' })],
    ['a reaction', () => event({ type: 'reaction' })],
  ])('begin anew with %s', async (_what, act) => {
    await send();
    await advance(86_399 + 60);
    expect(await errorOf(send())).toEqual([400, 10, 2018278]);
    await act();
    expect((await send()).status).toBe(200);
    await advance(86_399 + 60);
    expect(await errorOf(send())).toEqual([400, 10, 2018278]);
  });

  test('do not begin with a read, and end for a human agent after seven days', async () => {
    await knobs({ human_agent: true });
    const tagged = { messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' };
    await advance(6 * 86_400);
    await event({ type: 'read' });
    expect(await errorOf(send())).toEqual([400, 10, 2018278]);
    expect((await send({ id: psid }, tagged)).status).toBe(200);
    await advance(86_400);
    expect(await errorOf(send({ id: psid }, tagged))).toEqual([400, 10, 2018278]);
  });

  test.each(['CONFIRMED_EVENT_UPDATE', 'ACCOUNT_UPDATE', 'POST_PURCHASE_UPDATE', 'NO_TAG'])(
    'are not made longer by the tag %s, which is gone',
    async tag => {
      expect(await errorOf(send({ id: psid }, { messaging_type: 'MESSAGE_TAG', tag }))).toEqual([400, 100, undefined]);
    },
  );

  test('an unknown messaging_type is no type', async () => {
    expect(await errorOf(send({ id: psid }, { messaging_type: 'SHOUT' }))).toEqual([400, 100, undefined]);
  });
});

describe('private replies', () => {
  test('no more than the page has in an hour; public answers and messages are not counted', async () => {
    await knobs({ private_replies: 2 });
    const reply = async () => send({ comment_id: (await comment()).comment_id });
    for (const status of [200, 200]) expect((await reply()).status).toBe(status);
    expect(await errorOf(reply())).toEqual([400, 613, undefined]);
    expect((await send()).status).toBe(200);
    await advance(3_601);
    expect((await reply()).status).toBe(200);
  });

  test('too late: 10902, or by the knob 10', async () => {
    const { comment_id } = await comment();
    await advance(7 * 86_400 + 1);
    expect(await errorOf(send({ comment_id }))).toEqual([400, 10902, undefined]);
    await knobs({ late_private_reply: 10 });
    expect(await errorOf(send({ comment_id }))).toEqual([400, 10, undefined]);
  });

  test('the hint that one can be made is false without business_management', async () => {
    const { comment_id } = await comment();
    const hint = async () =>
      (
        await rig.call(
          'GET',
          `/v25.0/${comment_id}?fields=can_reply_privately,private_reply_conversation&access_token=${page.pageToken}`,
        )
      ).json;
    expect(await hint()).toEqual({ can_reply_privately: true, id: comment_id });
    await rig.sim('POST', `/people/${page.personId}/events`, {
      type: 'permission_removed',
      scope: 'business_management',
    });
    expect((await hint()).can_reply_privately).toBe(false);
    expect((await send({ comment_id })).status).toBe(200);
    expect(await hint()).toHaveProperty('private_reply_conversation');
  });
});

describe('comments of the page', () => {
  const reply = (id: string, message = 'Thanks!') => post(`${id}/comments`, { message });

  test('the same text at the same place is a duplicate, where duplicates are refused', async () => {
    const [one, other] = [await comment(), await comment()];
    expect((await reply(one.comment_id)).status).toBe(200);
    expect((await reply(one.comment_id)).status).toBe(200);
    await knobs({ duplicate_comments: 'refused' });
    expect(await errorOf(reply(one.comment_id))).toEqual([400, 506, undefined]);
    expect((await reply(other.comment_id)).status).toBe(200);
    expect((await reply(one.comment_id, 'Thank you!')).status).toBe(200);
  });

  test('a burst of equal texts is blocked for an hour, and longer for whoever tries again', async () => {
    await knobs({ identical_comments: 3 });
    const { comment_id } = await comment();
    for (let round = 0; round < 3; round += 1) expect((await reply(comment_id)).status).toBe(200);
    expect(await errorOf(reply(comment_id))).toEqual([400, 368, 1390008]);
    expect(await errorOf(reply(comment_id, 'Something else'))).toEqual([400, 368, 1390008]);
    await advance(3600 + 1);
    expect(await errorOf(reply(comment_id))).toEqual([400, 368, 1390008]);
    await advance(20 * 60);
    expect((await reply(comment_id)).status).toBe(200);
  });

  test('slow and varied texts are not', async () => {
    await knobs({ identical_comments: 2 });
    const { comment_id } = await comment();
    for (const text of ['a', 'b', 'c', 'a', 'b']) expect((await reply(comment_id, text)).status).toBe(200);
    await advance(601);
    expect((await reply(comment_id, 'a')).status).toBe(200);
  });
});

test('ids are longer than a number can hold, and the id of our app is not', async () => {
  const asNumbers = (ids: string[]) => ids.filter(id => String(Number(id)) !== id).length;
  const people = await Promise.all(Array.from({ length: 40 }, (_, n) => write({ from: { name: `No. ${n}` } })));
  expect(asNumbers(people.map(person => person.psid))).toBeGreaterThan(20);
  expect(asNumbers(people.map(person => person.customer_id))).toBeGreaterThan(20);
  const { comment_id } = await comment();
  expect(comment_id.split('_')[1]!.length).toBe(18);
  expect(asNumbers(['257000000000001', '26390203743090', page.pageId])).toBe(0);
});
