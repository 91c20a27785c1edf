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

async function lineOf({ id }: ConnectedPage, name: string): Promise<{ state: string; detail: string; fix: string }> {
  const { checks } = await acme.member.expect(200, acme.member.get(`${acme.path}/integrations/${id}/health`));
  return checks.find(({ check }: { check: string }) => check === name);
}
const lastEventOf = async (page: ConnectedPage): Promise<string> => (await lineOf(page, 'last_event')).detail;

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

  it('says that nobody is answered while the organization’s replies are paused', async () => {
    const page = await acme.connectPage();
    expect(await lineOf(page, 'pause')).toMatchObject({ state: 'ok', detail: 'Nothing is paused.' });
    await acme.owner.expect(200, acme.owner.patch(acme.path, { replies_paused: true }));
    expect(await lineOf(page, 'pause')).toMatchObject({ state: 'warning', fix: expect.stringContaining('settings') });
    await acme.owner.expect(200, acme.owner.patch(acme.path, { replies_paused: false }));
  });

  it('warns a week before the access to data ends, and once it has', async () => {
    const page = await acme.connectPage();
    const at = async (days: number) => {
      await network.moveClock(days * 24);
      const { state, detail, fix } = await lineOf(page, 'data_access');
      return [state, detail.replace(/\d{4}-\d\d-\d\d.*/, '…'), fix?.slice(0, 14)];
    };
    expect(await at(82)).toEqual(['ok', 'The access to data lasts until …', undefined]);
    const consent = 'The person’s consent to the access to data';
    expect(await at(84)).toEqual(['warning', `${consent} ends on …`, 'Let the person']);
    expect(await at(91)).toEqual(['warning', `${consent} ended on …`, 'Let the person']);
    await network.moveClock(0);
  });
});
