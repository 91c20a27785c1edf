import { maxPrivateReplies, maxThreadReplies } from '@pagekeeper/domain/replies/decide';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let network: Network;

beforeAll(async () => {
  network = await startNetwork();
}, 60_000);

afterAll(() => network?.stop());

const write = ({ page }: ConnectedPage, text = 'Is this in stock?') =>
  network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text });

/** What the page answered under its comments, in order, from the simulator's own memory. */
async function answers({ page }: ConnectedPage): Promise<string[]> {
  const { comments } = await network.simulator.get(`/__sim/pages/${page.page_id}/conversation?limit=1000`);
  return comments.flatMap(({ replies }: any) => replies.filter((r: any) => r.by_page).map(({ text }: any) => text));
}

const commentsOf = async ({ owner, path }: Tenant): Promise<any[]> =>
  (await owner.expect(200, owner.get(`${path}/events?kind=comment.add&limit=100`))).data;

async function replay({ owner, path }: Tenant, body: object): Promise<any> {
  const answer = await owner.expect(200, owner.post(`${path}/events/replay`, { filter: {}, ...body }));
  await network.settle(30_000);
  return answer;
}

const repliesOf = async ({ owner, path }: Tenant) =>
  (await owner.expect(200, owner.get(`${path}/replies?limit=100`))).data;

describe('a replay', () => {
  it('works through everything again without a reply, and leaves the replies as they were', async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    for (const text of ['One?', 'Two?', 'Three?']) await write(connected, text);
    await network.settle(30_000);
    const before = await repliesOf(acme);
    expect(await answers(connected)).toHaveLength(3);
    const { replayed, already_waiting } = await replay(acme, {});
    expect([replayed, already_waiting]).toEqual([6, 0]);
    expect(await answers(connected)).toHaveLength(3);
    expect(await repliesOf(acme)).toEqual(before);
    // With the page's own, which came back as comments.
    expect(await commentsOf(acme)).toMatchObject(Array(6).fill({ state: 'processed', replay: 'quiet' }));
  });

  it('with replies answers nobody a second time', async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    await write(connected);
    await network.settle(30_000);
    expect(await answers(connected)).toHaveLength(1);
    for (let time = 0; time < 3; time += 1) await replay(acme, { with_replies: true });
    expect(await answers(connected)).toHaveLength(1);
    const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${connected.page.page_id}`);
    expect(sends.total).toBe(1);
  });

  it('with replies sends no more private ones in an hour than Facebook takes', async () => {
    const acme = await network.tenant('acme');
    const comment_reply = { text: 'Inside.', visibility: 'private' };
    const connected = await acme.connectPage({ config: { auto_reply: 'shadow', comment_reply } });
    await write(connected);
    await network.settle(30_000);
    await network.sql(
      `insert into replies (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, reason,
         sending_at, finished_at)
       select organization_id, gen_random_uuid(), id, gen_random_uuid(), page_id, 'source ' || n, 'private_comment', 'sent',
         'Sent.', now(), now()
       from facebook_page_integrations, generate_series(1, $2) n where page_id = $1`,
      [connected.page.page_id, maxPrivateReplies],
    );
    const path = `${acme.path}/integrations/${connected.id}`;
    await acme.owner.expect(200, acme.owner.patch(path, { config: { auto_reply: true, comment_reply } }));
    const { owner } = acme;
    await owner.expect(200, owner.post(`${acme.path}/events/replay`, { filter: {}, with_replies: true }));
    const waits = { state: 'pending', reason: expect.stringContaining('waits for its turn') };
    await expect.poll(() => commentsOf(acme)).toMatchObject([waits]);
    const sent = async () =>
      (await network.simulator.get(`/__sim/ledger/counts?page_id=${connected.page.page_id}`)).sends.total;
    expect(await sent()).toBe(0);
    await network.sql(`update replies set sending_at = now() - interval '2 hours' where source_id like 'source %'`);
    await network.sql('update webhook_events set not_before = null where not_before is not null');
    await network.settle(30_000);
    expect(await sent()).toBe(1);
  });

  it.each([false, 'shadow'])('with replies answers, once, what came while auto_reply was %j', async auto_reply => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage({ config: { auto_reply } });
    await write(connected);
    await network.settle(30_000);
    const path = `${acme.path}/integrations/${connected.id}`;
    await acme.owner.expect(200, acme.owner.patch(path, { config: { auto_reply: true } }));
    await replay(acme, {});
    expect(await answers(connected)).toEqual([]);
    await replay(acme, { with_replies: true });
    expect(await answers(connected)).toHaveLength(1);
    await replay(acme, { with_replies: true });
    expect(await answers(connected)).toHaveLength(1);
    const sent = (await repliesOf(acme)).filter(({ state }: any) => state === 'sent');
    expect(sent).toMatchObject([{ state: 'sent', sent_id: expect.any(String) }]);
    const [reply] = sent;
    const shown = await acme.owner.expect(200, acme.owner.get(`${acme.path}/replies/${reply.id}`));
    expect([shown.text]).toEqual(await answers(connected));
  });

  it('with replies does not count what was answered before against its conversation', async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    const { page_id } = connected.page;
    const ask = (text: string) =>
      network.simulator.post(`/__sim/pages/${page_id}/messages`, { text, from: { name: 'Ana' } });
    for (let count = 0; count < maxThreadReplies / 2 + 1; count += 1) await ask(`${count}?`);
    await network.settle(30_000);
    const path = `${acme.path}/integrations/${connected.id}`;
    await acme.owner.expect(200, acme.owner.patch(path, { config: { auto_reply: false } }));
    const { mid } = await ask('And this?');
    await network.settle(30_000);
    await acme.owner.expect(200, acme.owner.patch(path, { config: { auto_reply: true } }));
    await replay(acme, { with_replies: true });
    const [reply] = await network.sql('select state, reason from replies where source_id = $1', [mid]);
    expect(reply).toEqual({ state: 'sent', reason: 'Answered with the default text.' });
  });
});
