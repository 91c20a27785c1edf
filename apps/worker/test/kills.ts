import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { expect } from 'vitest';

/** For comments. The claim comes last: what the others left open is claimed again and again. */
const failpoints = ['reply.before_http', 'reply.after_http', 'reply.before_commit', 'drain.after_claim'] as const;

/**
 * Kills the worker with -9 at every failpoint, `rounds` times each, while a comment or message waits for every kill on
 * a page of its own. Then nothing may be lost, nothing doubled, and what is unknown must say why.
 */
export async function killEverywhere(rounds: number): Promise<void> {
  const network = await startNetwork();
  try {
    const acme = await network.tenant('acme');
    const pages = await network.simulator.createPages(rounds * (failpoints.length + 1));
    for (const page of pages) await acme.connectPage({ page });
    await network.settle();
    await network.worker!.stop();
    const ids = pages.map(page => page.page_id);
    // No call is made twice for a message, so each that is killed before its call stays unanswered.
    const written = await killDuring(network, 'reply.before_http', ids.splice(0, rounds), message);
    const commented: string[] = [];
    for (const failpoint of failpoints) {
      commented.push(...(await killDuring(network, failpoint, ids.splice(0, rounds), comment)));
    }
    await network.startWorker();
    await network.settle(180_000);
    await expectNothingLost(network, commented, written);
  } finally {
    await network.stop();
  }
}

/** One comment or message on each page, and as many kills. */
async function killDuring(
  network: Network,
  failpoint: string,
  pageIds: readonly string[],
  write: (network: Network, pageId: string) => Promise<string>,
): Promise<string[]> {
  const ids: string[] = [];
  for (const pageId of pageIds) ids.push(await write(network, pageId));
  await waitForDeliveries(network);
  for (const _ of pageIds) await killOnce(network, failpoint);
  return ids;
}

async function killOnce(network: Network, failpoint: string): Promise<void> {
  const worker = await network.startWorker({ FAIL_AT: failpoint, CONCURRENCY: '1' });
  const { signal } = await worker.exited;
  expect(signal, failpoint).toBe('SIGKILL');
}

async function expectNothingLost(
  network: Network,
  commented: readonly string[],
  written: readonly string[],
): Promise<void> {
  const replies = await network.sql('select source_id, kind, state, reason from replies');
  const bySource = new Map(replies.map(reply => [reply.source_id, reply]));
  const unanswered = commented
    .map(id => bySource.get(id.slice(id.lastIndexOf('_') + 1)) ?? { source_id: id, state: 'without a reply' })
    .filter(({ state }) => state !== 'sent');
  expect(unanswered).toEqual([]);
  for (const id of written) {
    expect(bySource.get(id), id).toMatchObject({
      state: 'unknown',
      reason: 'It may have been sent and is not sent again. No echo came back.',
    });
  }
  const { sends } = await network.simulator.get('/__sim/ledger/counts');
  expect(sends.repeated).toEqual({});
  expect(sends.total).toBe(commented.length);
  const open = await network.sql(`select id from webhook_events where state in ('pending', 'parked')`);
  expect(open).toEqual([]);
  process.stdout.write(
    `kills ${commented.length + written.length}: ${commented.length} comments all answered once, ` +
      `${written.length} messages unknown (killed before their call), doubled 0, lost 0\n`,
  );
}

async function comment(network: Network, pageId: string): Promise<string> {
  const made = await network.simulator.post(`/__sim/pages/${pageId}/comments`, { text: 'Is this in stock?' });
  return made.comment_id;
}

async function message(network: Network, pageId: string): Promise<string> {
  const made = await network.simulator.post(`/__sim/pages/${pageId}/messages`, { text: 'Hello?' });
  return made.mid;
}

async function waitForDeliveries(network: Network): Promise<void> {
  for (;;) {
    const { counts } = await network.simulator.get('/__sim');
    if (counts.waiting_changes + counts.waiting_retries + counts.under_way === 0) return;
  }
}
