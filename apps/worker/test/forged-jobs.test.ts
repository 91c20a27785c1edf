import { parsePublicId } from '@pagekeeper/domain/ids';
import { drainEventsJob, refreshLoginJob, tellOfMoveJob, unparkEventsJob } from '@pagekeeper/domain/jobs';
import { contentsOf } from '@pagekeeper/testing/database/contents';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { afterAll, beforeAll, expect, it } from 'vitest';

let network: Network;

beforeAll(async () => {
  network = await startNetwork();
}, 60_000);

afterAll(() => network?.stop());

/** The runs of a job that ended so, as the worker's log tells. */
const runs = (job: string, outcome: string) =>
  network.output.filter(line => line.includes(`"job":"${job}"`) && line.includes(`"outcome":"${outcome}"`)).length;

it('a job that names a rival’s organization and our page finds nothing, does nothing and asks Facebook nothing', async () => {
  const [acme, rival] = await Promise.all([network.tenant('acme'), network.tenant('rival')]);
  const { id, page } = await acme.connectPage();
  await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Hello?' });
  await network.settle();
  const integration_id = parsePublicId('integration', id)!;
  const [{ login_id }] = await network.sql('select login_id from facebook_page_integrations where id = $1', [
    integration_id,
  ]);
  // Whoever could write to the queue, but not to the database.
  await network.sql(`update webhook_events set state = 'parked' where integration_id = $1`, [integration_id]);
  const forged = { organization_id: rival.uuid, integration_id };
  const without = ['bullmq'] as const;
  const before = await contentsOf(network.database.adminUrl, { without });
  const { last_sequence } = await network.simulator.get('/__sim/ledger?limit=1');
  const { queue } = network.services;
  await queue.enqueue(drainEventsJob, forged);
  await queue.enqueue(unparkEventsJob, forged);
  await queue.enqueue(tellOfMoveJob, forged);
  await queue.enqueue(refreshLoginJob, { organization_id: rival.uuid, login_id });
  await network.settle();
  expect(runs('webhooks.drain', 'gone')).toBe(1);
  expect(runs('facebook.refresh-login', 'gone')).toBe(1);
  expect(await contentsOf(network.database.adminUrl, { without })).toEqual(before);
  const { data } = await network.simulator.get(`/__sim/ledger?type=call&after=${last_sequence}`);
  expect(data).toEqual([]);
});
