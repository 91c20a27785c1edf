import { batchSize } from '@pagekeeper/domain/replies/read-events';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { control, defaultMessage, PageTalk } from './page-talk.ts';

let network: Network;
let acme: Tenant;
let talk: PageTalk;

beforeAll(async () => {
  network = await startNetwork();
  acme = await network.tenant('acme');
  talk = new PageTalk(network);
}, 60_000);

afterAll(() => network?.stop());

describe('a conversation', () => {
  it('is left to the people of the page once one of them answers in it', async () => {
    const page = await acme.connectPage();
    const { psid } = await talk.write(page, { text: 'Hello?', from: { name: 'Ana' } });
    await network.settle();
    await talk.write(page, { as: 'inbox', text: 'Ana, this is Otto.', from: { name: 'Ana' } });
    await network.settle();
    const second = await talk.write(page, { text: 'Otto, are you there?', from: { name: 'Ana' } });
    const other = await talk.write(page, { text: 'And me?', from: { name: 'Ben' } });
    await network.settle();
    expect(await talk.saidTo(page, psid)).toEqual([defaultMessage, 'Ana, this is Otto.']);
    expect(await talk.replyTo(second.mid)).toMatchObject({
      state: 'skipped',
      reason: 'A person of the page answers in this conversation.',
    });
    expect(await talk.saidTo(page, other.psid)).toEqual([defaultMessage]);
  });

  it('is left to the people of the page also where their answer waits behind hundreds of others', async () => {
    const page = await acme.connectPage();
    await talk.pause(page);
    const ana = await talk.write(page, { text: 'Hello?', from: { name: 'Ana' } });
    await network.simulator.calm();
    const others = { count: batchSize, batch_size: 100, text: 'We are many. ({n})' };
    await network.simulator.post(`/__sim/pages/${page.page.page_id}/messages/bulk`, others);
    await network.simulator.calm();
    await talk.write(page, { as: 'inbox', text: 'Ana, this is Otto.', from: { name: 'Ana' } });
    await network.simulator.calm();
    await talk.goOn(page);
    await network.settle(90_000);
    expect(await talk.saidTo(page, ana.psid)).toEqual(['Ana, this is Otto.']);
  }, 120_000);

  it('keeps its order', async () => {
    const config = { auto_reply: true, rules: ['one', 'two', 'three'].map(word => rule(word, `re ${word}`)) };
    const page = await acme.connectPage({ config });
    const words = ['one', 'two', 'three'];
    let psid = '';
    for (const text of words) ({ psid } = await talk.write(page, { text, from: { name: 'Ana' } }));
    await network.settle();
    expect(await talk.saidTo(page, psid)).toEqual(['re one', 're two', 're three']);
  });

  it('keeps its order where an answer has to be tried again', async () => {
    const config = { auto_reply: true, rules: ['one', 'two'].map(word => rule(word, `re ${word}`)) };
    const page = await acme.connectPage({ config });
    await talk.refuse(page, { code: 2, is_transient: true });
    let psid = '';
    for (const text of ['one', 'two']) {
      ({ psid } = await talk.write(page, { text, from: { name: 'Ana' } }));
      await network.simulator.calm();
    }
    await network.settle(60_000);
    expect(await talk.saidTo(page, psid)).toEqual(['re one', 're two']);
  }, 90_000);

  it('keeps its order where what waited for a token is not pending again yet', async () => {
    const config = { auto_reply: true, rules: ['one', 'two'].map(word => rule(word, `re ${word}`)) };
    const page = await acme.connectPage({ config });
    const { page_id } = page.page;
    await talk.pause(page);
    const { psid } = await talk.write(page, { text: 'one', from: { name: 'Ana' } });
    await network.simulator.calm();
    await network.sql(`update webhook_events set state = 'parked' where page_id = $1 and state = 'pending'`, [page_id]);
    // As a check leaves it that found a new token, before anybody heard of that.
    await network.sql(
      'update facebook_page_integrations set revived_at = app.now(), paused_until = null where page_id = $1',
      [page_id],
    );
    await talk.write(page, { text: 'two', from: { name: 'Ana' } });
    const said = () => talk.saidTo(page, psid);
    await expect.poll(said, { timeout: 60_000, interval: 500 }).toEqual(['re one', 're two']);
  }, 90_000);

  it('stops being answered after twenty replies in an hour', async () => {
    const page = await acme.connectPage();
    let last: any;
    for (let index = 0; index < 22; index += 1) {
      if (index === 19) {
        // The twentieth has to be tried again, and does not count against itself.
        await network.settle(40_000);
        await talk.refuse(page, { code: 2, is_transient: true });
      }
      last = await talk.write(page, { text: `${index}`, from: { name: 'Bot' } });
    }
    await network.settle(40_000);
    expect(await talk.saidTo(page, last.psid)).toHaveLength(20);
    expect((await talk.replyTo(last.mid)).reason).toBe('This conversation had 20 automatic replies within an hour.');
  }, 60_000);

  it('is not answered once its page has sent three thousand replies in an hour, however many ask at the same time', async () => {
    const page = await acme.connectPage();
    await talk.pause(page);
    await network.sql(
      `insert into replies (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, reason,
         attempts, sending_at, finished_at)
       select p.organization_id, gen_random_uuid(), p.id, gen_random_uuid(), p.page_id, 'earlier ' || number, 'message',
         'sent', '', 1, now(), now()
       from facebook_page_integrations p, generate_series(1, 2998) number where p.page_id = $1`,
      [page.page.page_id],
    );
    const asked: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      asked.push((await talk.write(page, { text: 'Hello?', from: { name: `Person ${index}` } })).mid);
    }
    await network.simulator.calm();
    await talk.goOn(page);
    await network.settle(60_000);
    const states = await Promise.all(asked.map(async mid => (await talk.replyTo(mid)).state));
    expect(states.toSorted()).toEqual(['sent', 'sent', 'skipped', 'skipped', 'skipped']);
  }, 90_000);
});

describe('an answer', () => {
  it('in the shadow is decided and stored, and nothing is sent', async () => {
    const page = await acme.connectPage({ config: { auto_reply: 'shadow', rules: [rule('stock', 'Yes!')] } });
    const asked = await talk.comment(page, { text: 'In stock?' });
    await network.settle();
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'shadow', rule: 'rules[0]', attempts: 0 });
    const { comments } = await talk.conversation(page);
    expect(comments.find(({ id }: any) => id === asked.comment_id).replies).toEqual([]);
  });

  it('waits for its delay', async () => {
    const page = await acme.connectPage({ config: { auto_reply: true, reply_delay_seconds: 3 } });
    const sentAt = Date.now();
    const { psid, mid } = await talk.write(page, { text: 'Hello?' });
    await network.settle(30_000);
    expect(await talk.saidTo(page, psid)).toEqual([defaultMessage]);
    const [reply] = await network.sql('select sending_at from replies where source_id = $1', [mid]);
    expect(reply.sending_at.getTime() - sentAt).toBeGreaterThan(2_500);
  }, 40_000);

  it('waits no longer than the delay of now', async () => {
    const page = await acme.connectPage({ config: { auto_reply: true, reply_delay_seconds: 3_600 } });
    const asked = await talk.comment(page, { text: 'Hm?' });
    await network.untilSql(
      `select 1 from webhook_events where page_id = '${page.page.page_id}' and not_before is not null`,
      'it waits for its delay',
    );
    const config = { reply_delay_seconds: 0 };
    await acme.owner.expect(200, acme.owner.patch(`${acme.path}/integrations/${page.id}`, { config }));
    await network.settle(30_000);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'sent' });
  }, 60_000);

  it('is not given to a comment that was removed meanwhile, in whatever order that is told', async () => {
    const page = await acme.connectPage({ config: { auto_reply: true, reply_delay_seconds: 4 } });
    const inOrder = await talk.comment(page, { text: 'First' });
    await network.simulator.delete(`/__sim/comments/${inOrder.comment_id}`);
    const late = await talk.comment(page, { text: 'Second', deliver: false });
    await network.simulator.delete(`/__sim/comments/${late.comment_id}`);
    await network.settle();
    await network.simulator.post('/__sim/redeliver', { change_ids: [late.change.id] });
    await network.settle(30_000);
    for (const { comment_id } of [inOrder, late]) {
      expect(await talk.replyTo(comment_id)).toMatchObject({ state: 'skipped', rule: 'removed' });
    }
    const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page.page_id}`);
    expect(sends.total).toBe(0);
  }, 60_000);
});

describe('a comment that was removed while nobody was to be answered', () => {
  it('is not answered when replies are switched on and it is asked for again', async () => {
    const page = await acme.connectPage({ config: { auto_reply: false } });
    const { comment_id } = await talk.comment(page, { text: 'Oops' });
    await network.simulator.delete(`/__sim/comments/${comment_id}`);
    await network.settle();
    const config = { auto_reply: true };
    await acme.owner.expect(200, acme.owner.patch(`${acme.path}/integrations/${page.id}`, { config }));
    const filter = { integration: page.id, kind: 'comment.add' };
    await acme.owner.expect(200, acme.owner.post(`${acme.path}/events/replay`, { filter, with_replies: true }));
    await network.settle();
    expect(await talk.replyTo(comment_id)).toMatchObject({ state: 'skipped', rule: 'removed', attempts: 0 });
  });
});

describe('a page that is worked on', () => {
  it('is kept from others while a call to Facebook takes its time', { timeout: 60_000 }, async () => {
    const slow = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { page_id: slow.page.page_id, endpoint: 'messages' },
      fault: { type: 'latency', ms: 9_000 },
    });
    await network.simulator.post(`${control(slow)}/messages`, { text: 'Hello?' });
    const lease = async () =>
      (
        await network.sql('select drain_until from facebook_page_integrations where page_id = $1', [slow.page.page_id])
      )[0].drain_until as Date | null;
    await network.untilSql(
      `select 1 from replies where page_id = '${slow.page.page_id}' and state = 'sending'`,
      'the answer is on its way',
    );
    try {
      const before = (await lease())!.getTime();
      await expect.poll(async () => (await lease())?.getTime(), { timeout: 8_500 }).toBeGreaterThan(before + 1_000);
      await network.settle(60_000);
      expect(await lease()).toBeNull();
    } finally {
      await network.simulator.delete('/__sim/faults');
    }
  });

  it('and given up meanwhile, knows in the end what was sent', { timeout: 60_000 }, async () => {
    const page = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { page_id: page.page.page_id, endpoint: 'messages' },
      fault: { type: 'latency', ms: 9_000 },
    });
    const { mid } = await talk.write(page, { text: 'Hello?' });
    const state = async () => (await talk.replyTo(mid))?.state;
    await expect.poll(state, { timeout: 20_000 }).toBe('sending');
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${page.id}`));
    await expect.poll(state, { timeout: 8_500 }).toBe('unknown');
    await expect.poll(state, { timeout: 20_000 }).toBe('sent');
    await network.simulator.delete('/__sim/faults');
  });
});

describe('a kill switch', () => {
  it('stops a drain that runs', async () => {
    const other = await network.tenant('other');
    const busy = await other.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { page_id: busy.page.page_id, endpoint: 'messages' },
      fault: { type: 'latency', ms: 400 },
    });
    await network.simulator.post(`${control(busy)}/messages/bulk`, {
      count: 120,
      text: 'Hello {n}',
      from_distinct: true,
      batch_size: 60,
    });
    await network.untilSql(
      `select 1 from replies where page_id = '${busy.page.page_id}' and state = 'sent'`,
      'the first is answered',
    );
    await other.owner.expect(200, other.owner.patch(other.path, { replies_paused: true }));
    await network.settle(60_000);
    const [{ sent }] = await network.sql(
      `select count(*)::int as sent from replies where page_id = $1 and state = 'sent'`,
      [busy.page.page_id],
    );
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(100);
    const [{ skipped }] = await network.sql(
      `select count(*)::int as skipped from replies where page_id = $1 and reason = 'Replies are paused for this organization.'`,
      [busy.page.page_id],
    );
    expect(sent + skipped).toBe(120);
  }, 90_000);
});

function rule(word: string, text: string) {
  return { when: { contains_any: [word] }, text };
}
