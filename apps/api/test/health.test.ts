import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  // Without a worker, so that events stay what the test makes them.
  network = await startNetwork({ worker: false });
  acme = await network.tenant('acme');
}, 60_000);

afterAll(() => network?.stop());

async function lastEventOf({ id }: ConnectedPage): Promise<string> {
  const { checks } = await acme.member.expect(200, acme.member.get(`${acme.path}/integrations/${id}/health`));
  return checks.find(({ check }: { check: string }) => check === 'last_event').detail;
}

describe('the connection doctor', () => {
  it('names the last event of the page, whatever became of it, and of no other page', async () => {
    const [page, other] = [await acme.connectPage(), await acme.connectPage()];
    expect(await lastEventOf(page)).toMatch(/^No event/);
    for (const text of ['one', 'two', 'three']) {
      await network.simulator.post(`/__sim/pages/${page.page.page_id}/comments`, { text });
      await network.simulator.calm();
    }
    const events = await network.sql('select id from webhook_events where page_id = $1 order by id', [
      page.page.page_id,
    ]);
    expect(events).toHaveLength(3);
    for (const [newest, older] of [
      ['pending', 'processed'],
      ['parked', 'pending'],
      ['failed', 'parked'],
      ['processed', 'failed'],
    ]) {
      for (const [index, { id }] of events.entries()) {
        await network.sql(
          `update webhook_events set state = $2, received_at = '2026-03-01T10:00:00Z'::timestamptz + $3 * interval '1 hour'
           where id = $1`,
          [id, index === 2 ? newest : older, index],
        );
      }
      expect(await lastEventOf(page), newest).toContain('2026-03-01 12:00 UTC');
    }
    expect(await lastEventOf(other)).toMatch(/^No event/);
  });
});
