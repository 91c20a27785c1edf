import { sweepEventsJob } from '@pagekeeper/domain/jobs';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
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

const config = (page: ConnectedPage) => `${acme.path}/integrations/${page.id}`;
const inPrivate = { auto_reply: true, comment_reply: { text: 'Inside.', visibility: 'private' } };

/** A comment whose answer never reaches Facebook, and nobody knows. */
async function askInDoubt(page: ConnectedPage, endpoint: 'comments' | 'messages'): Promise<any> {
  const { page_id } = page.page;
  await network.simulator.post('/__sim/faults', {
    match: { endpoint, page_id, method: 'POST' },
    fault: { type: 'reset' },
    times: 1,
  });
  const asked = await talk.comment(page, { text: 'Hm?' });
  await network.untilSql(
    `select 1 from replies where page_id = '${page_id}' and state = 'unknown'`,
    'the reply is in doubt',
  );
  return asked;
}

describe('an answer in doubt', () => {
  it('is found under the top comment where it answers an answer, and not given twice', async () => {
    const page = await acme.connectPage();
    const top = await talk.comment(page, { text: 'Top', deliver: false });
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'comments', page_id: page.page.page_id, method: 'POST' },
      fault: { type: 'lost_response' },
      times: 1,
    });
    const nested = await talk.comment(page, { text: 'Nested', parent_id: top.comment_id });
    await network.settle(60_000);
    expect(await talk.replyTo(nested.comment_id)).toMatchObject({
      state: 'sent',
      reason: 'Sent; it was found under the comment.',
    });
    const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page.page_id}`);
    expect(sends).toMatchObject({ total: 1, repeated: {} });
  }, 90_000);

  it('is not taken for another’s, where two of the same words are in doubt in one thread', async () => {
    const page = await acme.connectPage();
    const { top, asked } = await talk.askTwiceInDoubt(page);
    const { comments } = await talk.conversation(page);
    const { replies } = comments.find(({ id }: any) => id === top);
    // One of them is gone before it is seen: it is as if it had never arrived.
    await network.simulator.delete(`/__sim/comments/${replies.find(({ by_page }: any) => by_page).id}`);
    await talk.release(page);
    const states = await Promise.all(asked.map(async id => (await talk.replyTo(id)).state));
    expect(states.toSorted()).toEqual(['sent', 'unknown']);
    const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page.page_id}`);
    expect(sends).toMatchObject({ total: 2, repeated: {} });
  }, 120_000);

  it('keeps its kind where an earlier try is in doubt', async () => {
    const page = await acme.connectPage();
    const asked = await askInDoubt(page, 'comments');
    await acme.owner.expect(
      200,
      acme.owner.patch(config(page), { config: { comment_reply: { text: 'Inside.', visibility: 'private' } } }),
    );
    await network.settle(60_000);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ kind: 'public_comment', state: 'sent' });
    const { comments } = await talk.conversation(page);
    const answered = comments.find(({ id }: any) => id === asked.comment_id);
    expect(answered.private_reply).toBeNull();
    expect(answered.replies).toHaveLength(1);
  }, 90_000);

  it('is sent no more once the page answers in the shadow', async () => {
    const page = await acme.connectPage();
    const asked = await askInDoubt(page, 'comments');
    await acme.owner.expect(200, acme.owner.patch(config(page), { config: { auto_reply: 'shadow' } }));
    await network.settle(60_000);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'shadow' });
    const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page.page_id}`);
    expect(sends.total).toBe(0);
  }, 90_000);

  it('is not called unsent where it was private, and is not wanted any more', async () => {
    const page = await acme.connectPage({ config: inPrivate });
    const asked = await askInDoubt(page, 'messages');
    await acme.owner.expect(200, acme.owner.patch(config(page), { config: { auto_reply: false } }));
    await network.settle(60_000);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({
      state: 'unknown',
      reason: 'It may have been sent and is not sent again. No echo came back.',
    });
  }, 90_000);

  it('is tried again in private a few times, and not for ever', async () => {
    const page = await acme.connectPage({ config: inPrivate });
    const { page_id } = page.page;
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'messages', page_id, method: 'POST' },
      fault: { type: 'error', code: 1, subcode: 99, http: 500 },
    });
    const asked = await talk.comment(page, { text: 'Hm?' });
    // Nobody waits here for the minutes between the tries.
    const isOver = async () => {
      await network.sql(`update webhook_events set not_before = null where page_id = $1 and state = 'pending'`, [
        page_id,
      ]);
      return (await talk.replyTo(asked.comment_id))?.reason;
    };
    await expect
      .poll(isOver, { timeout: 80_000, interval: 1_000 })
      .toBe('It may have been sent and is not sent again. It was tried 5 times.');
    const { data } = await network.simulator.get(`/__sim/ledger?endpoint=messages&page_id=${page_id}`);
    expect(data).toHaveLength(5);
  }, 90_000);

  it('stays in doubt where a second try in private is refused, and becomes no public one', async () => {
    const page = await acme.connectPage({ config: inPrivate });
    const { page_id } = page.page;
    const asked = await askInDoubt(page, 'messages');
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'messages', page_id, method: 'POST' },
      fault: { type: 'error', http: 400, code: 368, message: '(#368) The action attempted has been deemed abusive' },
      times: 1,
    });
    await network.untilSql(
      `select 1 from facebook_page_integrations where page_id = '${page_id}' and paused_until > app.now()`,
      'the page is paused',
    );
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'unknown', attempts: 2 });
    const inPublic = { comment_reply: { text: 'For all.', visibility: 'public' } };
    await acme.owner.expect(200, acme.owner.patch(config(page), { config: inPublic }));
    await talk.release(page);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ kind: 'private_comment', state: 'sent' });
    const { comments } = await talk.conversation(page);
    expect(comments.find(({ id }: any) => id === asked.comment_id).replies).toEqual([]);
  }, 90_000);

  it('of which Facebook says that the same words stand there stays in doubt, and is nobody’s to send again', async () => {
    const page = await acme.connectPage();
    const asked = await askInDoubt(page, 'comments');
    await talk.refuse(page, { code: 506, message: '(#506) Duplicate status message' });
    await network.settle(60_000);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({
      state: 'unknown',
      attempts: 2,
      reason: 'It may have been sent and is not sent again. Facebook: (#506) Duplicate status message',
    });
  }, 90_000);

  it('is looked for on, for as long as Facebook is ill', async () => {
    const page = await acme.connectPage();
    const { page_id } = page.page;
    const onComments = { endpoint: 'comments', page_id };
    await network.simulator.post('/__sim/faults', {
      match: { ...onComments, method: 'POST' },
      fault: { type: 'lost_response' },
      times: 1,
    });
    await network.simulator.post('/__sim/faults', {
      match: { ...onComments, method: 'GET' },
      fault: { type: 'error', http: 500, code: 2, message: 'Service temporarily unavailable' },
    });
    const asked = await talk.comment(page, { text: 'Hm?' });
    // More looks than a reply has tries; nobody waits here for the time between them. Each look calls a few times.
    const looks = async () => {
      await network.sql(`update webhook_events set not_before = null where page_id = $1 and state = 'pending'`, [
        page_id,
      ]);
      await network.services.queue.enqueue(sweepEventsJob, {});
      const { data } = await network.simulator.get(`/__sim/ledger?endpoint=comments&page_id=${page_id}`);
      return data.filter(({ method }: any) => method === 'GET').length;
    };
    await expect.poll(looks, { timeout: 60_000, interval: 500 }).toBeGreaterThan(21);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'unknown' });
    await network.simulator.delete('/__sim/faults');
    await network.sql(`update webhook_events set not_before = null where page_id = $1 and state = 'pending'`, [
      page_id,
    ]);
    await network.settle(60_000);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'sent', attempts: 1 });
  }, 120_000);

  it('is looked for on, where a limit stopped the search', async () => {
    const page = await acme.connectPage();
    const onComments = { endpoint: 'comments', page_id: page.page.page_id };
    for (const { method, fault } of [
      { method: 'POST', fault: { type: 'lost_response' } },
      { method: 'GET', fault: { type: 'throttle', code: 32, minutes: 7, percent: 120 } },
    ]) {
      await network.simulator.post('/__sim/faults', { match: { ...onComments, method }, fault, times: 1 });
    }
    const asked = await talk.comment(page, { text: 'Hm?' });
    await network.untilSql(
      `select 1 from facebook_page_integrations where page_id = '${page.page.page_id}' and paused_until > app.now()`,
      'the page is paused',
    );
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'unknown' });
    await talk.release(page);
    expect(await talk.replyTo(asked.comment_id)).toMatchObject({ state: 'sent' });
    const [{ attempts }] = await network.sql(
      'select max(attempts) as attempts from webhook_events where page_id = $1',
      [page.page.page_id],
    );
    // The doubt counts, the limit does not.
    expect(attempts).toBe(1);
  }, 60_000);
});
