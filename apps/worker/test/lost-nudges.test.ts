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
});

/** Waits until the simulator's deliveries were all answered with 200. */
async function deliveries(): Promise<void> {
  for (;;) {
    const { counts } = await network.simulator.get('/__sim');
    if (counts.waiting_changes + counts.waiting_retries === 0) return;
  }
}
