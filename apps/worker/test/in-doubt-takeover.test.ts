import { parsePublicId } from '@pagekeeper/domain/ids';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PageTalk } from './page-talk.ts';

let network: Network;
let acme: Tenant;
let talk: PageTalk;

beforeAll(async () => {
  network = await startNetwork();
  acme = await network.tenant('acme');
  talk = new PageTalk(network);
}, 60_000);

afterAll(() => network?.stop());

describe('a person of the page, while or after an answer is in doubt,', () => {
  it('takes over a conversation whose answer was given up', async () => {
    const page = await acme.connectPage();
    await talk.cutOff(page, 'messages');
    const first = await talk.write(page, { text: 'Hello?', from: { name: 'Ana' } });
    await network.settle(60_000);
    expect(await talk.replyTo(first.mid)).toMatchObject({ state: 'unknown' });
    await talk.write(page, { as: 'inbox', text: 'Ana, this is Otto.', from: { name: 'Ana' } });
    await network.settle();
    const second = await talk.write(page, { text: 'Otto, are you there?', from: { name: 'Ana' } });
    await network.settle();
    expect(await talk.replyTo(second.mid)).toMatchObject({
      state: 'skipped',
      reason: 'A person of the page answers in this conversation.',
    });
  }, 90_000);

  it('takes over a thread whose answer was given up', async () => {
    const page = await acme.connectPage();
    const { page_id } = page.page;
    const onComments = { endpoint: 'comments', page_id };
    for (const { method, fault } of [
      { method: 'POST', fault: { type: 'reset' } },
      { method: 'GET', fault: { type: 'error', http: 400, code: 100, subcode: 33, message: 'It does not exist' } },
    ]) {
      await network.simulator.post('/__sim/faults', { match: { ...onComments, method }, fault, times: 1 });
    }
    const asked = await talk.comment(page, { text: 'Open?', from: { name: 'Ana' } });
    await network.settle(60_000);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'unknown' });
    await talk.comment(page, {
      from: { id: page_id, name: 'Acme' },
      text: 'Ana, this is Otto.',
      parent_id: asked.comment_id,
    });
    await network.settle();
    const second = await talk.comment(page, { text: 'And on Sunday?', parent_id: asked.comment_id });
    await network.settle();
    expect(await talk.replyTo(second.comment_id)).toMatchObject({
      state: 'skipped',
      reason: 'A person of the page answers in this conversation.',
    });
  }, 90_000);

  it.each([
    { fault: 'lost_response', state: 'sent' },
    { fault: 'reset', state: 'unknown' },
  ])('takes over a thread whose answer is found out later ($fault)', { timeout: 90_000 }, async ({ fault, state }) => {
    const page = await acme.connectPage();
    const { page_id } = page.page;
    const onComments = { endpoint: 'comments', page_id };
    await network.simulator.post('/__sim/faults', {
      match: { ...onComments, method: 'POST' },
      fault: { type: fault },
      times: 1,
    });
    await network.simulator.post('/__sim/faults', {
      match: { ...onComments, method: 'GET' },
      fault: { type: 'error', http: 500, code: 2, message: 'Service temporarily unavailable' },
    });
    const asked = await talk.comment(page, { text: 'Open?', from: { name: 'Ana' } });
    const inDoubt = `select 1 from replies where page_id = '${page_id}' and state = 'unknown'`;
    await network.untilSql(inDoubt, 'the reply is in doubt');
    await talk.comment(page, {
      from: { id: page_id, name: 'Acme' },
      text: 'Ana, this is Otto.',
      parent_id: asked.comment_id,
    });
    await network.simulator.calm();
    await network.untilSql(
      `select 1 from webhook_events where page_id = '${page_id}' and state = 'pending' having count(*) = 1`,
      'all but the question is read',
    );
    await network.simulator.delete('/__sim/faults');
    await network.sql(`update webhook_events set not_before = null where page_id = $1 and state = 'pending'`, [
      page_id,
    ]);
    await network.settle(60_000);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state });
    const second = await talk.comment(page, { text: 'And on Sunday?', parent_id: asked.comment_id });
    await network.settle();
    expect(await talk.replyTo(second.comment_id)).toMatchObject({
      state: 'skipped',
      reason: 'A person of the page answers in this conversation.',
    });
  });

  it('takes over a thread while a private answer is in doubt, which stands elsewhere', async () => {
    const config = { auto_reply: true, comment_reply: { visibility: 'private', text: 'Thank you!' } };
    const page = await acme.connectPage({ config });
    const { page_id } = page.page;
    await talk.cutOff(page, 'messages');
    const asked = await talk.comment(page, { text: 'Open?', from: { name: 'Ana' } });
    await network.untilSql(
      `select 1 from replies where page_id = '${page_id}' and state = 'unknown'`,
      'the answer is in doubt',
    );
    const wait = (moment: string) =>
      network.sql(`update webhook_events set not_before = ${moment} where page_id = $1 and state = 'pending'`, [
        page_id,
      ]);
    await wait(`clock_timestamp() + interval '1 hour'`);
    await talk.comment(page, {
      from: { id: page_id, name: 'Acme' },
      text: 'Ana, this is Otto.',
      parent_id: asked.comment_id,
    });
    await network.untilSql(
      `select 1 from threads where integration_id = '${parsePublicId('integration', page.id)}' and human_until is not null`,
      'Otto has the thread',
    );
    await wait('null');
    await network.settle(60_000);
    const second = await talk.comment(page, { text: 'And on Sunday?', parent_id: asked.comment_id });
    await network.settle();
    expect(await talk.replyTo(second.comment_id)).toMatchObject({
      state: 'skipped',
      reason: 'A person of the page answers in this conversation.',
    });
  }, 90_000);

  it('takes over a thread with a word from before the call that comes while its answer is in doubt', async () => {
    const page = await acme.connectPage();
    const { page_id } = page.page;
    const top = await talk.comment(page, { text: 'Top', deliver: false, from: { name: 'Ana' } });
    const otto = { from: { id: page_id, name: 'Acme' }, text: 'This is Otto.', parent_id: top.comment_id };
    const early = await talk.comment(page, { ...otto, deliver: false });
    await talk.cutOff(page, 'comments');
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'comments', page_id, method: 'GET' },
      fault: { type: 'error', http: 500, code: 2, message: 'Service temporarily unavailable' },
    });
    await talk.comment(page, { text: 'Open?', parent_id: top.comment_id, from: { name: 'Ana' } });
    await network.untilSql(
      `select 1 from replies where page_id = '${page_id}' and state = 'unknown'`,
      'the answer is in doubt',
    );
    // As if the call had been made ten minutes after Otto wrote, who is heard of late.
    await network.sql(`update replies set sending_at = sending_at + interval '10 minutes' where page_id = $1`, [
      page_id,
    ]);
    await network.simulator.post('/__sim/redeliver', { change_ids: [early.change.id] });
    await network.untilSql(
      `select 1 from threads where integration_id = '${parsePublicId('integration', page.id)}' and human_until is not null`,
      'Otto has the thread',
    );
    // Nothing of it stays behind.
    await network.simulator.delete('/__sim/faults');
    await network.sql(`update replies set sending_at = sending_at - interval '1 hour' where page_id = $1`, [page_id]);
    const pending = `page_id = '${page_id}' and state = 'pending'`;
    const left = async () => {
      await network.sql(`update webhook_events set not_before = null where ${pending}`);
      return (await network.sql(`select 1 from webhook_events where ${pending}`)).length;
    };
    await expect.poll(left, { timeout: 30_000, interval: 500 }).toBe(0);
  }, 90_000);

  it('is not seen in one of two answers of other words in one thread', async () => {
    const rules = ['One', 'Another'].map(word => ({ when: { contains_any: [word] }, text: `Re ${word}` }));
    const page = await acme.connectPage({ config: { auto_reply: true, rules } });
    await talk.askTwiceInDoubt(page);
    await talk.release(page);
    const taken = `select 1 from threads where integration_id = $1 and human_until is not null`;
    expect(await network.sql(taken, [parsePublicId('integration', page.id)])).toEqual([]);
  }, 120_000);
});
