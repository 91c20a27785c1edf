import { itWithoutTwins } from '@pagekeeper/testing/network/behind-pgbouncer';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { findRedis, type RunningRedis, startRedis } from '@pagekeeper/testing/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let redis: RunningRedis;
let network: Network;

describe.skipIf(!findRedis())('when Redis loses everything', () => {
  beforeAll(async () => {
    redis = await startRedis();
    network = await startNetwork({ redisUrl: redis.url });
  }, 60_000);

  afterAll(async () => {
    await network?.stop();
    await redis?.stop();
  });

  it('replies within 30 s all the same, if it was flushed between the commit and the nudge', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    await network.settle();
    const worker = network.worker!;
    process.kill(worker.pid, 'SIGSTOP');
    const comment = await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Hello?' });
    await deliveries();
    await redis.flush();
    const flushedAt = Date.now();
    process.kill(worker.pid, 'SIGCONT');
    let replies = 0;
    while (replies === 0 && Date.now() - flushedAt < 30_000) {
      const { comments } = await network.simulator.get(`/__sim/pages/${page.page_id}/conversation`);
      replies = comments.find((candidate: any) => candidate.id === comment.comment_id).replies.length;
    }
    expect(replies).toBe(1);
    await network.settle();
    const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page_id}`);
    expect(sends.total).toBe(1);
  }, 60_000);

  it('takes deliveries while Redis is down, and replies once it is back', async () => {
    const acme = await network.tenant('acme');
    const { page } = await acme.connectPage();
    await network.settle();
    const back = redis.restart(3_000);
    await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Hello?' });
    await deliveries();
    await back;
    await network.settle(40_000);
    const { sends, deliveries: counted } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page_id}`);
    expect(sends.total).toBe(1);
    expect(counted).toBeDefined();
  }, 60_000);

  itWithoutTwins(
    'goes on with what waited for a token, if it was flushed after the check that found a new one',
    async () => {
      const acme = await network.tenant('acme');
      const { id, page } = await acme.connectPage();
      await network.simulator.post(`/__sim/people/${page.personId}/events`, { type: 'password_change' });
      await acme.refresh(id);
      await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Still there?' });
      await network.settle();
      expect(await eventsOf(page.page_id)).toEqual([{ state: 'parked' }]);
      await network.worker!.stop();
      await network.startWorker({ FAIL_AT: 'check.after_commit' });
      const [fresh] = await network.simulator.logIn(page.personId);
      const tokens = { access_token: fresh!.userToken, page_access_token: fresh!.page_access_token };
      const path = `${acme.path}/integrations/${id}/facebook-page`;
      await acme.owner.expect(200, acme.owner.put(path, { page_id: page.page_id, ...tokens }));
      const died = () => network.output.some(line => line.includes('failpoint check.after_commit'));
      await expect.poll(died, { timeout: 20_000 }).toBe(true);
      await redis.flush();
      expect(await eventsOf(page.page_id)).toEqual([{ state: 'parked' }]);
      await network.startWorker();
      const isAnswered = async () => (await eventsOf(page.page_id))[0]!.state;
      await expect.poll(isAnswered, { timeout: 30_000 }).toBe('processed');
      await network.settle();
      const { sends } = await network.simulator.get(`/__sim/ledger/counts?page_id=${page.page_id}`);
      expect(sends.total).toBe(1);
      const marked = await network.sql('select id from facebook_page_integrations where revived_at is not null');
      expect(marked).toEqual([]);
    },
    90_000,
  );
});

/** Events of a page but its own, in order. */
const eventsOf = (pageId: string): Promise<{ state: string }[]> =>
  network.sql(`select state from webhook_events where page_id = $1 order by id limit 1`, [pageId]);

/** Waits until the simulator's deliveries were all answered with 200. */
async function deliveries(): Promise<void> {
  for (;;) {
    const { counts } = await network.simulator.get('/__sim');
    if (counts.waiting_changes + counts.waiting_retries + counts.under_way === 0) return;
  }
}
