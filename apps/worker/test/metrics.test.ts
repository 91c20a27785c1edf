import { setTimeout as sleep } from 'node:timers/promises';
import { itWithoutTwins } from '@pagekeeper/testing/network/behind-pgbouncer';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { type Scrape, scrape } from '@pagekeeper/testing/network/scrape';
import { freePort } from '@pagekeeper/testing/system/ports';
import { afterAll, beforeAll, expect } from 'vitest';

let network: Network;
let port: string;

beforeAll(async () => {
  port = String(await freePort());
  network = await startNetwork({ workerEnv: { METRICS_PORT: port } });
}, 60_000);

afterAll(() => network?.stop());

/** Figures of the whole system are some seconds old at most. */
async function until(holds: (found: Scrape) => boolean): Promise<Scrape> {
  for (let tries = 0; ; tries += 1) {
    const found = await scrape(port);
    if (holds(found) || tries === 100) return found;
    await sleep(250);
  }
}

itWithoutTwins('a reply, a death and a recovery are counted, and jobs by what came of them', async () => {
  const acme = await network.tenant('acme');
  const connected = await acme.connectPage();
  const silent = await acme.connectPage({ config: { auto_reply: false } });
  const comment = (pageId: string) => network.simulator.post(`/__sim/pages/${pageId}/comments`, { text: 'Hello?' });
  await Promise.all([comment(connected.page.page_id), comment(silent.page.page_id)]);
  await network.settle();
  const lived = await scrape(port);
  // Skipped: the silent page's, and our own answer, which Facebook tells of too.
  expect(lived.sum('pagekeeper_replies_total', { kind: 'public_comment', outcome: 'sent' })).toBe(1);
  expect(lived.sum('pagekeeper_replies_total', { kind: 'public_comment', outcome: 'skipped' })).toBe(2);
  expect(lived.sum('pagekeeper_closed_events_total', { state: 'processed' })).toBeGreaterThanOrEqual(2);
  expect(lived.sum('pagekeeper_event_lag_seconds_count')).toBeGreaterThanOrEqual(2);
  expect(lived.sum('pagekeeper_jobs_total', { kind: 'webhooks.drain', outcome: 'drained' })).toBeGreaterThan(0);
  expect(lived.sum('pagekeeper_job_duration_seconds_count', { kind: 'webhooks.drain' })).toBeGreaterThan(0);

  // A routine check of the worker's finds the death, and later the recovery.
  await network.simulator.post(`/__sim/people/${connected.page.personId}/events`, { type: 'checkpoint' });
  await checkNow(connected.id);
  await network.settle();
  expect((await scrape(port)).sum('pagekeeper_page_deaths_total', { status: 'blocked_user_action' })).toBe(1);
  await network.simulator.post(`/__sim/people/${connected.page.personId}/events`, { type: 'checkpoint_lifted' });
  await checkNow(connected.id);
  await network.settle();
  expect((await scrape(port)).sum('pagekeeper_page_recoveries_total')).toBe(1);
});

async function checkNow(integration: string): Promise<void> {
  const { refreshLoginJob } = await import('@pagekeeper/domain/jobs');
  const { parsePublicId } = await import('@pagekeeper/domain/ids');
  const [{ organization_id, login_id }] = await network.sql(
    'select organization_id, login_id from facebook_page_integrations where id = $1',
    [parsePublicId('integration', integration)],
  );
  await network.services.queue.enqueue(refreshLoginJob, { organization_id, login_id });
}

itWithoutTwins(
  'tokens are counted by their health, events that wait by their age, and the keys’ age is told',
  async () => {
    const acme = await network.tenant('acme');
    const connected = await acme.connectPage();
    const [{ healthy }] = await network.sql(
      `select count(*)::int as healthy from facebook_page_integrations where status = 'healthy'`,
    );
    await network.simulator.post(`/__sim/people/${connected.page.personId}/events`, { type: 'password_change' });
    await acme.refresh(connected.id);
    await network.simulator.post(`/__sim/pages/${connected.page.page_id}/comments`, { text: 'Are you open?' });
    await network.settle();
    const dead = (found: Scrape) => found.sum('pagekeeper_pages', { status: 'needs_reauth' });
    const parked = (found: Scrape) => found.sum('pagekeeper_waiting_events', { state: 'parked' });
    const found = await until(each => dead(each) === 1 && parked(each) === 1);
    expect([dead(found), parked(found)]).toEqual([1, 1]);
    expect(found.sum('pagekeeper_pages', { status: 'healthy' })).toBe(healthy - 1);
    expect(found.sum('pagekeeper_waiting_events_oldest_seconds', { state: 'parked' })).toBeGreaterThan(0);
    expect(found.sum('pagekeeper_key_age_seconds', { key: 'data' })).toBeGreaterThan(0);
    expect(found.sum('pagekeeper_key_age_seconds', { key: 'encryption' })).toBeGreaterThan(0);
    expect(found.sum('pagekeeper_system_figures_up')).toBe(2);
    expect(found.sum('pagekeeper_queue_jobs', { state: 'delayed' })).toBeGreaterThan(0);
    expect(found.sum('pagekeeper_database_connections', { pool: 'app' })).toBeGreaterThan(0);
  },
);

itWithoutTwins('an event waits since it is due: a paused page, a replay and a new token start no alarm', async () => {
  const acme = await network.tenant('acme');
  const { page } = await acme.connectPage();
  await network.settle();
  const waiting = async () => {
    const rows = await network.sql('select * from router.waiting_events(1000)');
    return Object.fromEntries(
      rows.map(({ state, events, oldest_seconds }) => [state, [Number(events), oldest_seconds]]),
    );
  };
  const before = await waiting();
  await network.worker!.stop();
  await network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { text: 'Hello?' });
  await expect.poll(async () => (await waiting()).pending![0], { timeout: 10_000 }).toBe(before.pending![0]! + 1);
  const ours = (set: string) => network.sql(`update webhook_events set ${set} where page_id = $1`, [page.page_id]);
  await ours(`received_at = received_at - interval '10 minutes'`);
  expect((await waiting()).pending![1]).toBeGreaterThan(600);
  for (const calm of [`replay = 'quiet'`, `replay = null, not_before = clock_timestamp()`]) {
    await ours(calm);
    expect((await waiting()).pending![1], calm).toBeLessThan(60);
  }
  await ours('not_before = null');
  const pause = (until: string) =>
    network.sql(`update facebook_page_integrations set paused_until = ${until} where page_id = $1`, [page.page_id]);
  await pause(`app.now() + interval '1 hour'`);
  expect((await waiting()).pending![1]).toBeLessThan(60);
  await pause('null');
  const { ending } = await waiting();
  await ours(`state = 'parked', id = app.event_id_at(app.now() - interval '21 hours')`);
  expect((await waiting()).ending![0]).toBe(ending![0]! + 1);
  await ours(`state = 'ignored'`);
  await network.startWorker({ METRICS_PORT: String(port) });
});

itWithoutTwins('no label tells of a tenant, a page or a person', async () => {
  const acme = await network.tenant('acme');
  const { page, id } = await acme.connectPage();
  await network.simulator.post(`/__sim/pages/${page.page_id}/messages`, { text: 'Hello?' });
  await network.settle();
  const { text, labelNames } = await scrape(port);
  for (const hint of [page.page_id, id, acme.uuid, acme.organization.id, acme.organization.slug, page.personId]) {
    expect(text).not.toContain(hint);
  }
  const words = ['app', 'job', 'outcome', 'kind', 'state', 'status', 'pool', 'key', 'source', 'le'];
  // Those of Node's own figures.
  const nodes = ['version', 'major', 'minor', 'patch', 'type', 'space', 'kind'];
  expect([...labelNames].filter(name => ![...words, ...nodes].includes(name))).toEqual([]);
});

itWithoutTwins('a worker that takes jobs says that it is healthy', async () => {
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
});
