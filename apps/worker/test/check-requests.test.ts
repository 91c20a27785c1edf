import { connectThrough, personWithPages, pick } from '@pagekeeper/testing/network/dialog';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  // The api itself checks what is waited for; nothing else asks Facebook meanwhile.
  network = await startNetwork({ worker: false });
  acme = await network.tenant('acme');
}, 60_000);

afterAll(() => network?.stop());

/** Of a check of so many pages, whatever it looks at: the login, its renewal, the list, every token and subscription. */
const most = (pages: number) => 4 + 2 * Math.ceil(pages / 50);

describe('the requests of a check', () => {
  it.each([1, 50, 51, 100])(
    'of one person with %i pages are few, with a renewal of the login too',
    async count => {
      const { personId, integration } = await connectAll(count);
      const usual = await requestsOf(personId, integration);
      // The list, and each token and each subscription in batches.
      expect(usual).toEqual({
        'GET accounts': 1,
        'POST batch': 2 * Math.ceil(count / 50),
        asked: 2 * count,
      });
      await network.simulator.patch('/__sim/app', { exchange: 'extended' });
      await network.moveClock(46 * 24);
      const full = await requestsOf(personId, integration);
      expect(full).toMatchObject({ 'POST access_token': 1, 'GET debug_token': 1, 'GET accounts': 1, asked: 2 * count });
      expect(requestsIn(full)).toBeLessThanOrEqual(most(count));
      // A narrower login has killed the page tokens, a wider one gives fresh ones: each is replaced.
      await network.simulator.post(`/__sim/people/${personId}/tokens`, { page_ids: [] });
      await network.simulator.post(`/__sim/people/${personId}/tokens`, {});
      const mending = await requestsOf(personId, integration);
      expect(mending).toEqual({ 'GET accounts': 1, 'POST batch': 3 * Math.ceil(count / 50), asked: 3 * count });
      expect(requestsIn(mending)).toBeLessThanOrEqual(most(count));
      await network.simulator.post(`/__sim/people/${personId}/events`, { type: 'password_change' });
      const dying = await requestsOf(personId, integration);
      expect(requestsIn(dying)).toBeLessThanOrEqual(most(count));
      // Known to be dead, the tokens are asked about and not used.
      expect(await requestsOf(personId, integration)).toEqual({
        'GET debug_token': 1,
        'POST batch': Math.ceil(count / 50),
        asked: count,
      });
      await network.moveClock(0);
    },
    120_000,
  );
});

/** Through the dialog, so that one login stands behind all of them; fifty at a time. */
async function connectAll(count: number): Promise<{ personId: string; integration: string }> {
  const names = Array.from({ length: count }, (_, index) => ({ name: `Blue Cup ${index + 1}` }));
  const { id: personId, pageIds } = await personWithPages(network, names);
  const { id } = await connectThrough(acme, { personId });
  let connected: any[] = [];
  for (let start = 0; start < count; start += 50) {
    connected = await pick(acme, id, pageIds.slice(start, start + 50));
  }
  expect(connected.map(({ outcome }) => outcome)).toContain('connected');
  return { personId, integration: connected[0].integration.id };
}

/** The HTTP requests of one check, and how many calls were in their batches. */
async function requestsOf(personId: string, integration: string): Promise<Record<string, number>> {
  const { last_sequence } = await network.simulator.get('/__sim/ledger?limit=1');
  await acme.refresh(integration);
  const { data } = await network.simulator.get(`/__sim/ledger?type=call&after=${last_sequence}&limit=10000`);
  const requests: Record<string, number> = { asked: 0 };
  for (const { method, endpoint, in_batch, person_id } of data) {
    if (person_id !== null) expect(person_id).toBe(personId);
    const name = in_batch ? 'asked' : `${method} ${endpoint}`;
    requests[name] = (requests[name] ?? 0) + 1;
  }
  return requests;
}

const requestsIn = ({ asked: _, ...requests }: Record<string, number>): number =>
  Object.values(requests).reduce((sum, count) => sum + count, 0);
