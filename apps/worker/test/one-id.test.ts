import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, expect, it } from 'vitest';

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  network = await startNetwork();
  acme = await network.tenant('acme');
}, 60_000);

afterAll(() => network?.stop());

/** The lines of our processes that a grep for it finds, oldest first. */
const grep = (text: string): any[] =>
  network.output
    .filter(line => line.includes(text) && !line.includes('"name":"graph-simulator"'))
    .map(line => JSON.parse(line));

async function replyOf(integration: string, state: string): Promise<{ id: string; event_id: string }> {
  const path = `${acme.path}/replies?integration=${integration}&state=${state}`;
  const { data } = await acme.owner.expect(200, acme.owner.get(path));
  expect(data).toHaveLength(1);
  return data[0];
}

it('one id leads from the webhook to its reply, through the logs of api and worker', async () => {
  const { page, id: integration } = await acme.connectPage();
  await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Is this in stock?' });
  await network.settle();
  const { id: reply_id, event_id: id } = await replyOf(integration, 'sent');
  const [stored, replied, ...others] = grep(id);
  expect(others).toEqual([]);
  expect(stored).toMatchObject({ name: 'api', msg: 'events stored', event_ids: [id] });
  expect(replied).toMatchObject({
    name: 'worker',
    msg: 'reply',
    event_id: id,
    outcome: 'sent',
    integration_id: integration,
  });
  expect(replied.reply_id).toBe(reply_id);
  // And from there to all that the job did.
  expect(grep(`"jobId":"${replied.job_id}"`)).toEqual([
    expect.objectContaining({ name: 'worker', msg: 'job done', job: 'webhooks.drain', outcome: 'drained' }),
  ]);
});

it('the same id tells why there was no reply', async () => {
  const { page, id: integration } = await acme.connectPage({ config: { auto_reply: false } });
  await network.simulator.post(`/__sim/pages/${page.page_id}/messages`, { text: 'Hello?' });
  await network.settle();
  const { event_id: id } = await replyOf(integration, 'skipped');
  expect(grep(id)).toEqual([
    expect.objectContaining({ name: 'api', msg: 'events stored' }),
    expect.objectContaining({
      name: 'worker',
      msg: 'events closed',
      event_ids: [id],
      state: 'processed',
      reason: 'auto_reply is off for this integration.',
    }),
  ]);
});
