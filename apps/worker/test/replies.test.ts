import { parsePublicId } from '@pagekeeper/domain/ids';
import { sweepEventsJob } from '@pagekeeper/domain/jobs';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let network: Network;

beforeAll(async () => {
  network = await startNetwork();
}, 60_000);

afterAll(() => network?.stop());

const control = (pageId: string) => `/__sim/pages/${pageId}`;

/** What the page answered under each comment, from the simulator's own memory. */
async function repliesByComment(pageId: string): Promise<Map<string, string[]>> {
  const { comments } = await network.simulator.get(`${control(pageId)}/conversation?limit=1000`);
  return new Map(
    comments.map((comment: any) => [comment.id, comment.replies.filter((r: any) => r.by_page).map((r: any) => r.text)]),
  );
}

async function threadOf(pageId: string, psid: string): Promise<[author: string, text: string][]> {
  const { threads } = await network.simulator.get(`${control(pageId)}/conversation?limit=1000`);
  const thread = threads.find((candidate: any) => candidate.psid === psid);
  return thread.messages.map((message: any) => [message.author, message.text]);
}

describe('automatic replies', () => {
  it('answers a comment and a message, with the default texts', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    const comment = await network.simulator.post(`${control(page.page_id)}/comments`, { text: 'Is this in stock?' });
    const message = await network.simulator.post(`${control(page.page_id)}/messages`, { text: 'Hello?' });
    await network.settle();
    expect((await repliesByComment(page.page_id)).get(comment.comment_id)).toEqual([
      'Thank you for your comment! We will get back to you soon.',
    ]);
    expect(await threadOf(page.page_id, message.psid)).toEqual([
      ['customer', 'Hello?'],
      ['page', 'Thank you for your message! We will get back to you soon.'],
    ]);
    const drains = await network.sql(
      `select actor_id, changes from audit_events where organization_id = $1 and action = 'events.drained'`,
      [acme.uuid],
    );
    expect(drains.length).toBeGreaterThan(0);
    for (const { actor_id, changes } of drains) {
      expect(actor_id).toBe('webhooks.drain');
      expect(changes.events).toBeGreaterThan(0);
    }
  });

  it('fills the organization’s own texts, and answers a comment privately where that is asked for', async () => {
    const acme = await network.tenant('acme');
    const config = {
      auto_reply: true,
      message_reply: { text: 'Hi! {page_name} here.' },
      comment_reply: { text: 'Dear {sender_name}, more inside.', visibility: 'private' },
    };
    const { page } = await acme.connectPage({ config });
    const from = { name: 'Zoë 😀' };
    const comment = await network.simulator.post(`${control(page.page_id)}/comments`, { text: 'How much?', from });
    const message = await network.simulator.post(`${control(page.page_id)}/messages`, { text: 'Hello?' });
    await network.settle();
    const { comments } = await network.simulator.get(`${control(page.page_id)}/conversation`);
    const answered = comments.find((candidate: any) => candidate.id === comment.comment_id);
    expect(answered.replies).toEqual([]);
    expect(answered.private_reply).toBe('Dear Zoë 😀, more inside.');
    expect(await threadOf(page.page_id, message.psid)).toEqual([
      ['customer', 'Hello?'],
      ['page', `Hi! ${page.page_name} here.`],
    ]);
  });

  it('puts private replies off while the page has sent what Facebook takes in an hour, and nothing else', async () => {
    const acme = await network.tenant('acme');
    const config = { auto_reply: true, comment_reply: { text: 'Inside.', visibility: 'private' } };
    const { id, page } = await acme.connectPage({ config });
    await network.sql(
      `insert into replies (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, reason,
         sending_at, finished_at, thread_hash)
       select $1, gen_random_uuid(), $2, gen_random_uuid(), $3, n::text, 'private_comment', 'sent', 'Sent.', now(), now(),
         sha256(n::text::bytea)
       from generate_series(1, 699) n`,
      [acme.uuid, parsePublicId('integration', id), page.page_id],
    );
    const texts = ['One?', 'Two?'];
    for (const text of texts) await network.simulator.post(`${control(page.page_id)}/comments`, { text });
    const message = await network.simulator.post(`${control(page.page_id)}/messages`, { text: 'Hello?' });
    const answered = async () => {
      const { comments } = await network.simulator.get(`${control(page.page_id)}/conversation`);
      return comments.map((comment: any) => comment.private_reply).filter(Boolean);
    };
    const waiting = () =>
      network.sql(`select reason from webhook_events where page_id = $1 and state = 'pending'`, [page.page_id]);
    const reason = 'The page sent 700 private replies within an hour. It waits for its turn.';
    await expect.poll(waiting, { timeout: 20_000 }).toEqual([{ reason }]);
    await expect.poll(async () => (await threadOf(page.page_id, message.psid)).length, { timeout: 20_000 }).toBe(2);
    expect(await answered()).toEqual(['Inside.']);

    await network.sql(`update replies set sending_at = sending_at - interval '2 hours' where page_id = $1`, [
      page.page_id,
    ]);
    await network.sql('update webhook_events set not_before = now() where page_id = $1', [page.page_id]);
    await network.services.queue.enqueue(sweepEventsJob, {});
    await expect.poll(answered, { timeout: 20_000 }).toEqual(['Inside.', 'Inside.']);
    await network.settle();
  });

  it('answers a comment once, delivered 100 times, split, batched and reordered', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    const made = [];
    for (let index = 0; index < 5; index += 1) {
      made.push(await network.simulator.post(`${control(page.page_id)}/comments`, { text: `Question ${index}` }));
    }
    const ids = made.map(comment => comment.change.id);
    for (const batch_size of [1, 2, 7]) {
      await network.simulator.post('/__sim/redeliver', { change_ids: ids, times: 34, batch_size, shuffle: true });
    }
    await network.settle();
    const replies = await repliesByComment(page.page_id);
    for (const { comment_id } of made) expect(replies.get(comment_id)).toHaveLength(1);
    const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page_id}`);
    expect(sends.total).toBe(5);
  });

  it('answers 200 eligible comments exactly once each, and 50 others not, each with its reason', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    const silent = await acme.connectPage({ config: { auto_reply: false } });
    const eligible = await network.simulator.post(`${control(page.page_id)}/comments/bulk`, {
      count: 200,
      text: 'Question {n}',
      from_distinct: true,
      batch_size: 9,
    });
    const off = await network.simulator.post(`${control(silent.page.page_id)}/comments/bulk`, {
      count: 20,
      text: 'No {n}',
    });
    const old = await deliverComments(page.page_id, 15, { ageSeconds: 3 * 86_400 });
    const unnamed = await deliverComments(page.page_id, 10, { from: null });
    const own = await deliverComments(page.page_id, 5, { from: { id: page.page_id, name: 'Blue Cup' } });
    await network.settle(60_000);
    const replies = await repliesByComment(page.page_id);
    const answered = eligible.ids.map((id: string) => replies.get(id)?.length);
    expect(answered).toEqual(Array(200).fill(1));
    const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page_id}`);
    expect(sends).toMatchObject({ total: 200, repeated: {} });
    const reasons = await skipReasons(acme.uuid);
    const expected = new Map<string, string>();
    for (const id of off.ids) expected.set(id, 'auto_reply is off for this integration.');
    for (const id of old) expected.set(id, 'It was written before the page was connected.');
    for (const id of unnamed) expected.set(id, 'Facebook does not say who wrote it.');
    for (const id of own) expected.set(id, 'The page wrote it itself.');
    expect(expected.size).toBe(50);
    for (const [id, reason] of expected) expect(reasons.get(lastPart(id)), id).toBe(reason);
  }, 90_000);

  it('stays silent while the organization has paused its replies', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    await acme.owner.expect(200, acme.owner.patch(acme.path, { replies_paused: true }));
    const comment = await network.simulator.post(`${control(page.page_id)}/comments`, { text: 'Anybody?' });
    await network.settle();
    expect((await repliesByComment(page.page_id)).get(comment.comment_id)).toEqual([]);
    expect((await skipReasons(acme.uuid)).get(lastPart(comment.comment_id))).toBe(
      'Replies are paused for this organization.',
    );
  });

  it('keeps what comes while the token is dead, and answers it after the page was connected again', async () => {
    const acme = await network.tenant('acme');
    const { id, page } = await acme.connectPage();
    await network.simulator.post(`/__sim/people/${page.personId}/events`, { type: 'password_change' });
    const comment = await network.simulator.post(`${control(page.page_id)}/comments`, { text: 'Still there?' });
    await network.settle();
    const read = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${id}`));
    expect(read.facebook_page.status).toBe('needs_reauth');
    expect((await repliesByComment(page.page_id)).get(comment.comment_id)).toEqual([]);
    const [fresh] = await network.simulator.logIn(page.personId);
    await acme.owner.expect(
      200,
      acme.owner.put(`${acme.path}/integrations/${id}/facebook-page`, {
        page_id: page.page_id,
        access_token: fresh!.userToken,
        page_access_token: fresh!.page_access_token,
      }),
    );
    await network.settle();
    expect((await repliesByComment(page.page_id)).get(comment.comment_id)).toHaveLength(1);
  });

  it('does not send a message twice whose answer was lost: its echo tells', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'messages', page_id: page.page_id },
      fault: { type: 'lost_response' },
      times: 1,
    });
    const message = await network.simulator.post(`${control(page.page_id)}/messages`, { text: 'Hello?' });
    await network.settle(60_000);
    expect(await threadOf(page.page_id, message.psid)).toHaveLength(2);
    const [reply] = await network.sql('select state, reason from replies where source_id = $1', [message.mid]);
    expect(reply).toEqual({ state: 'sent', reason: 'Sent; its echo confirms it.' });
  }, 90_000);

  it('tries again what Facebook refused for the moment', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { page_id: page.page_id, method: 'POST' },
      fault: { type: 'error', http: 400, code: 2, message: '(#2) Service temporarily unavailable', is_transient: true },
      times: 1,
    });
    const comment = await network.simulator.post(`${control(page.page_id)}/comments`, { text: 'Now?' });
    await network.settle(30_000);
    expect((await repliesByComment(page.page_id)).get(comment.comment_id)).toHaveLength(1);
  }, 60_000);
});

/** Delivers comments that the simulator's own customers would not write. Returns their ids. */
async function deliverComments(
  pageId: string,
  count: number,
  { ageSeconds = 0, from }: { ageSeconds?: number; from?: object | null },
): Promise<string[]> {
  const now = Math.floor(Date.now() / 1_000);
  const author = from === undefined ? { id: '4001', name: 'Ana' } : from;
  const ids = Array.from(
    { length: count },
    (_, index) => `77${index}_${ageSeconds}${Math.floor(Math.random() * 1e12)}`,
  );
  const changes = ids.map(comment_id => ({
    page_id: pageId,
    field: 'feed',
    list: 'changes',
    value: {
      item: 'comment',
      verb: 'add',
      comment_id,
      post_id: `${pageId}_77`,
      parent_id: `${pageId}_77`,
      message: 'Hm?',
      created_time: now - ageSeconds,
      ...(author && { from: author }),
    },
  }));
  await network.simulator.post('/__sim/deliveries', { changes });
  return ids;
}

async function skipReasons(organizationId: string): Promise<Map<string, string>> {
  const rows = await network.sql(
    `select source_id, reason from replies where organization_id = $1 and state = 'skipped'`,
    [organizationId],
  );
  return new Map(rows.map(row => [row.source_id, row.reason]));
}

/** Facebook names a comment with and without its post; replies go by the last part. */
const lastPart = (commentId: string): string => commentId.slice(commentId.lastIndexOf('_') + 1);
