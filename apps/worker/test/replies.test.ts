import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let network: Network;

beforeAll(async () => {
  network = await startNetwork();
}, 60_000);

afterAll(() => network?.stop());

/** What the page answered under each comment, from the simulator's own memory. */
async function repliesByComment(pageId: string): Promise<Map<string, string[]>> {
  const { comments } = await network.simulator.get(`/__sim/pages/${pageId}/conversation`);
  return new Map(
    comments.map((comment: any) => [comment.id, comment.replies.filter((r: any) => r.by_page).map((r: any) => r.text)]),
  );
}

describe('automatic replies', () => {
  it('answers a comment and a message once, with the default texts', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    const comment = await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Is this in stock?' });
    const message = await network.simulator.post(`/__sim/pages/${page.page_id}/messages`, { text: 'Hello?' });
    await network.settle();
    const { threads } = await network.simulator.get(`/__sim/pages/${page.page_id}/conversation`);
    expect((await repliesByComment(page.page_id)).get(comment.comment_id)).toEqual([
      'Thank you for your comment! We will get back to you soon.',
    ]);
    const thread = threads.find((candidate: any) => candidate.psid === message.psid);
    expect(thread.messages.map((m: any) => [m.author, m.text])).toEqual([
      ['customer', 'Hello?'],
      ['app', 'Thank you for your message! We will get back to you soon.'],
    ]);
  });

  it('answers a comment once, however often and in whatever pieces it is delivered', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    const made = [];
    for (let index = 0; index < 5; index += 1) {
      made.push(await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: `Question ${index}` }));
    }
    const ids = made.map(comment => comment.change.id);
    await network.simulator.post('/__sim/redeliver', { change_ids: ids, times: 100, batch_size: 7, shuffle: true });
    await network.settle();
    const replies = await repliesByComment(page.page_id);
    for (const { comment_id } of made) expect(replies.get(comment_id)).toHaveLength(1);
  });
});
