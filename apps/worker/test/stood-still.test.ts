import { setTimeout as sleep } from 'node:timers/promises';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { goOn } from '@pagekeeper/testing/processes';
import { afterAll, beforeAll, expect, it } from 'vitest';

let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

// What else a worker was at while it stood still may have run out of time.
afterAll(() => network?.stop({ jobsMayFail: true }));

/** Longer than a process may take from asking for its intent to its call, and shorter than Postgres bears a transaction. */
const stillMs = 7_000;

it('a worker that stood still while its intent was committed does not send by it: others may have by now', async () => {
  const acme = await network.tenant('acme');
  await network.startWorker();
  const { page } = await acme.connectPage();
  await network.settle();
  await network.worker!.stop();
  const worker = await network.startWorker({ FAIL_AT: 'reply.before_intent', FAIL_BY: 'SIGSTOP' });
  await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Open?' });
  const stopped = () => network.output.some(line => line.includes('failpoint reply.before_intent'));
  await expect.poll(stopped, { timeout: 20_000 }).toBe(true);
  await sleep(stillMs);
  await goOn(worker);
  await network.settle(60_000);
  // By an intent of its own, since it is known that the first came to nothing. Our own comment comes back too, and is
  // skipped.
  const replies = await network.sql(`select state, attempts from replies where state <> 'skipped'`);
  expect(replies).toEqual([{ state: 'sent', attempts: 2 }]);
  expect((await network.simulator.get('/__sim/ledger/counts')).sends).toMatchObject({ total: 1, repeated: {} });
}, 120_000);

it('an answer is not begun while its person is being erased: whoever ends the lease is waited for', async () => {
  const umbrella = await network.tenant('umbrella');
  await network.worker?.stop();
  await network.startWorker();
  const { page } = await umbrella.connectPage();
  await network.settle();
  await network.worker!.stop();
  const stops = () => network.output.filter(line => line.includes('failpoint drain.after_close')).length;
  const before = stops();
  const worker = await network.startWorker({ FAIL_AT: 'drain.after_close', FAIL_BY: 'SIGSTOP' });
  await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Open?' });
  await expect.poll(stops, { timeout: 20_000 }).toBe(before + 1);
  // As an erasure does, which takes its time before it commits.
  const erasure = network.sql(
    `with ended as (
       update facebook_page_integrations set drain_token = null, drain_until = null where page_id = $1
       returning clock_timestamp() as at
     ) select at, pg_sleep(2) from ended`,
    [page.page_id],
  );
  await network.untilSql(
    `select 1 from pg_stat_activity where query like 'with ended as%' and wait_event = 'PgSleep'`,
    'the lease is ended, and nobody knows it yet',
  );
  await goOn(worker);
  const [{ at }] = await erasure;
  await network.settle(60_000);
  const [{ sending_at }] = await network.sql(`select sending_at from replies where page_id = $1 and state = 'sent'`, [
    page.page_id,
  ]);
  expect(sending_at.getTime() - at.getTime()).toBeGreaterThanOrEqual(2_000);
}, 120_000);

it.each([
  { given: 'the last', status: 'healthy', missing: '[]' },
  { given: 'one of two', status: 'needs_permission', missing: '["pages_messaging"]' },
])(
  'a drain that began before $given permission was given parks nothing for want of it',
  async ({ status, missing }) => {
    const globex = await network.tenant('globex');
    await network.worker?.stop();
    await network.startWorker();
    const { page } = await globex.connectPage();
    await network.settle();
    await network.worker!.stop();
    const stops = () => network.output.filter(line => line.includes('failpoint drain.after_claim')).length;
    const before = stops();
    const found = (...[now, scopes]: [status: string, missing: string]) =>
      network.sql(
        `update facebook_page_integrations set status = $2,
         findings = jsonb_set(findings, '{missing_scopes}', $3::jsonb) where page_id = $1`,
        [page.page_id, now, scopes],
      );
    await found('needs_permission', '["pages_messaging", "pages_manage_engagement"]');
    const worker = await network.startWorker({ FAIL_AT: 'drain.after_claim', FAIL_BY: 'SIGSTOP' });
    await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Open?' });
    await expect.poll(stops, { timeout: 20_000 }).toBe(before + 1);
    // As a check stores it.
    await found(status, missing);
    await goOn(worker);
    await network.settle(60_000);
    const states = await network.sql('select distinct state from webhook_events where page_id = $1', [page.page_id]);
    expect(states).toEqual([{ state: 'processed' }]);
  },
  120_000,
);
