import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { control, PageTalk } from './page-talk.ts';

let network: Network;
let acme: Tenant;
let talk: PageTalk;

beforeAll(async () => {
  network = await startNetwork();
  acme = await network.tenant('acme');
  talk = new PageTalk(network);
}, 60_000);

afterAll(() => network?.stop());

/** What the page said in a person's thread, by us or by people. */
async function saidTo(connected: ConnectedPage, psid: string): Promise<string[]> {
  const { threads } = await talk.conversation(connected);
  const thread = threads.find((candidate: any) => candidate.psid === psid);
  return thread.messages.filter(({ author }: any) => author !== 'customer').map(({ text }: any) => text);
}

const fault = (connected: ConnectedPage, error: object, times = 1): Promise<any> =>
  network.simulator.post('/__sim/faults', {
    match: { page_id: connected.page.page_id, method: 'POST' },
    fault: { type: 'error', http: 400, ...error },
    times,
  });

const isPaused = (connected: ConnectedPage): Promise<unknown> =>
  network.untilSql(
    `select 1 from facebook_page_integrations where page_id = '${connected.page.page_id}' and paused_until > app.now()`,
    'the page is paused',
  );

const defaultMessage = 'Thank you for your message! We will get back to you soon.';

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
    expect(await saidTo(page, psid)).toEqual([defaultMessage, 'Ana, this is Otto.']);
    expect(await talk.replyTo(second.mid)).toMatchObject({
      state: 'skipped',
      reason: 'A person of the page answers in this conversation.',
    });
    expect(await saidTo(page, other.psid)).toEqual([defaultMessage]);
  });

  it('keeps its order', async () => {
    const config = { auto_reply: true, rules: ['one', 'two', 'three'].map(word => rule(word, `re ${word}`)) };
    const page = await acme.connectPage({ config });
    const words = ['one', 'two', 'three'];
    let psid = '';
    for (const text of words) ({ psid } = await talk.write(page, { text, from: { name: 'Ana' } }));
    await network.settle();
    expect(await saidTo(page, psid)).toEqual(['re one', 're two', 're three']);
  });

  it('keeps its order where an answer has to be tried again', async () => {
    const config = { auto_reply: true, rules: ['one', 'two'].map(word => rule(word, `re ${word}`)) };
    const page = await acme.connectPage({ config });
    await fault(page, { code: 2, is_transient: true });
    let psid = '';
    for (const text of ['one', 'two']) {
      ({ psid } = await talk.write(page, { text, from: { name: 'Ana' } }));
      await network.simulator.calm();
    }
    await network.settle(60_000);
    expect(await saidTo(page, psid)).toEqual(['re one', 're two']);
  }, 90_000);

  it('stops being answered after twenty replies in an hour', async () => {
    const page = await acme.connectPage();
    let last: any;
    for (let index = 0; index < 22; index += 1)
      last = await talk.write(page, { text: `${index}`, from: { name: 'Bot' } });
    await network.settle(40_000);
    expect(await saidTo(page, last.psid)).toHaveLength(20);
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
    expect(await saidTo(page, psid)).toEqual([defaultMessage]);
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

describe('when Facebook refuses', () => {
  it('a throttled page is left alone, and its limit costs no event its turn', async () => {
    const page = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { page_id: page.page.page_id, endpoint: 'messages' },
      fault: { type: 'throttle', code: 80006, minutes: 7, percent: 120 },
    });
    const mids: string[] = [];
    for (const name of ['Ana', 'Ben', 'Cleo']) {
      mids.push((await talk.write(page, { text: 'Hello?', from: { name } })).mid);
      await network.simulator.calm();
    }
    await network.untilSql(
      `select 1 from facebook_page_integrations where page_id = '${page.page.page_id}' and paused_until > app.now()`,
      'the page is paused',
    );
    // Conversations that were under way at the same time are refused too; afterwards there is silence.
    await new Promise(resolve => setTimeout(resolve, 2_000));
    const before = await network.simulator.get(`/__sim/ledger?endpoint=messages&page_id=${page.page.page_id}`);
    await new Promise(resolve => setTimeout(resolve, 7_000));
    const after = await network.simulator.get(`/__sim/ledger?endpoint=messages&page_id=${page.page.page_id}`);
    expect(after.data.length).toBe(before.data.length);
    expect(before.data.length).toBeLessThanOrEqual(3);
    const [{ attempts }] = await network.sql(
      `select max(attempts) as attempts from webhook_events where page_id = $1 and state = 'pending'`,
      [page.page.page_id],
    );
    expect(attempts).toBe(0);
    await talk.release(page);
  }, 60_000);

  it('a blocked page rests for hours, and keeps what waits', async () => {
    const page = await acme.connectPage();
    await fault(page, { code: 368, message: '(#368) The action attempted has been deemed abusive' });
    const { mid } = await talk.write(page, { text: 'Hello?' });
    await network.untilSql(
      `select 1 from facebook_page_integrations where page_id = '${page.page.page_id}'
         and paused_until > app.now() + interval '5 hours'`,
      'the page is paused',
    );
    expect(await talk.replyTo(mid)).toMatchObject({ state: 'claimed' });
    await talk.release(page);
    expect(await talk.replyTo(mid)).toMatchObject({ state: 'sent' });
  }, 60_000);

  it('a comment whose answer was refused is answered in the way of today', async () => {
    const page = await acme.connectPage();
    await fault(page, { code: 368, message: '(#368) The action attempted has been deemed abusive' });
    const asked = await talk.comment(page, { text: 'Hm?' });
    await isPaused(page);
    await acme.owner.expect(
      200,
      acme.owner.patch(`${acme.path}/integrations/${page.id}`, {
        config: { comment_reply: { text: 'Inside.', visibility: 'private' } },
      }),
    );
    await talk.release(page);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ kind: 'private_comment', state: 'sent' });
  }, 60_000);

  it('what waited for a page that is given up ends, and leaves no words behind', async () => {
    const page = await acme.connectPage();
    await fault(page, { code: 368, message: '(#368) The action attempted has been deemed abusive' });
    const { mid } = await talk.write(page, { text: 'Hello?' });
    await isPaused(page);
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${page.id}`));
    await network.settle(60_000);
    expect(await talk.replyTo(mid)).toMatchObject({
      state: 'skipped',
      reason: 'The integration no longer holds the page.',
    });
    const [{ text }] = await network.sql('select text from replies where source_id = $1', [mid]);
    expect(text).toBeNull();
  }, 60_000);

  it('the rest that a page has to take does not pass on to another one', async () => {
    const page = await acme.connectPage();
    await fault(page, { code: 368, message: '(#368) The action attempted has been deemed abusive' });
    await talk.write(page, { text: 'Hello?' });
    await isPaused(page);
    const [other] = await network.simulator.createPages(1);
    const { page_id, page_access_token, userToken } = other!;
    await acme.owner.expect(
      200,
      acme.owner.put(`${acme.path}/integrations/${page.id}/facebook-page`, {
        page_id,
        access_token: userToken,
        page_access_token,
      }),
    );
    const [{ paused_until }] = await network.sql(
      'select paused_until from facebook_page_integrations where page_id = $1',
      [page_id],
    );
    expect(paused_until).toBeNull();
  }, 60_000);

  it('a text that counts as a duplicate is told as refused, and not as sent', async () => {
    const page = await acme.connectPage();
    await fault(page, { code: 506, message: '(#506) Duplicate status message' });
    const asked = await talk.comment(page, { text: 'Hm?' });
    await network.settle();
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'rejected' });
  });

  it('a missing permission parks what needs it, and lets the rest be answered', async () => {
    const page = await acme.connectPage();
    await network.simulator.post(`/__sim/people/${page.page.personId}/events`, {
      type: 'permission_removed',
      scope: 'pages_manage_engagement',
    });
    const asked = await talk.comment(page, { text: 'Hm?' });
    await network.untilSql(
      `select 1 from webhook_events where page_id = '${page.page.page_id}' and state = 'parked'`,
      'the comment is parked',
      90_000,
    );
    const { psid } = await talk.write(page, { text: 'Hello?' });
    await network.untilSql(
      `select 1 from replies where page_id = '${page.page.page_id}' and kind = 'message' and state = 'sent'`,
      'the message is answered',
    );
    expect(await saidTo(page, psid)).toEqual([defaultMessage]);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'claimed' });
  }, 120_000);
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
      fault: { type: 'latency', ms: 6_000 },
    });
    const { mid } = await talk.write(page, { text: 'Hello?' });
    const state = async () => (await talk.replyTo(mid))?.state;
    await expect.poll(state, { timeout: 20_000 }).toBe('sending');
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${page.id}`));
    await expect.poll(state, { timeout: 5_000 }).toBe('unknown');
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
