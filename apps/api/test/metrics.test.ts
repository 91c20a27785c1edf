import { itWithoutTwins } from '@pagekeeper/testing/network/behind-pgbouncer';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { scrape } from '@pagekeeper/testing/network/scrape';
import { freePort } from '@pagekeeper/testing/system/ports';
import { afterAll, beforeAll, expect } from 'vitest';
import { deliver } from './deliver.ts';

let network: Network;
let port: string;

beforeAll(async () => {
  port = String(await freePort());
  network = await startNetwork({ worker: false, apiEnv: { METRICS_PORT: port } });
}, 60_000);

afterAll(() => network?.stop());

const requests = 'pagekeeper_http_requests_total';
const durations = 'pagekeeper_http_request_duration_seconds_count';

itWithoutTwins('requests are counted and timed by the template of their route, and by no path', async () => {
  const acme = await network.tenant('acme');
  const before = await scrape(port);
  await acme.owner.get(acme.path);
  await acme.owner.get(`/v1/organizations/${acme.organization.slug}`);
  await acme.owner.get('/v1/organizations/no-such-organization');
  await network.anonymous.get(acme.path);
  await network.anonymous.get('/v1/made-up/SOMETHING-LONG');
  await network.anonymous.get('/healthz');
  await network.anonymous.post('/auth/sign-in/email', { email: 'nobody@example.com', password: 'wrong password' });
  const after = await scrape(port);
  const more = (name: string, labels: Record<string, string>) => after.sum(name, labels) - before.sum(name, labels);
  const route = '/v1/organizations/{organization}';
  expect(more(requests, { method: 'GET', route, status: '200' })).toBe(2);
  expect(more(requests, { method: 'GET', route, status: '404' })).toBe(1);
  expect(more(requests, { method: 'GET', route, status: '401' })).toBe(1);
  expect(more(durations, { method: 'GET', route })).toBe(4);
  expect(more(requests, { method: 'GET', route: '/healthz', status: '200' })).toBe(1);
  expect(more(requests, { method: 'POST', route: '/auth/sign-in/email', status: '401' })).toBe(1);
  expect(more(requests, { status: '404' })).toBe(2);
  for (const hint of [acme.organization.slug, acme.organization.id, acme.uuid, 'made-up', 'SOMETHING', 'no-such']) {
    expect(after.text).not.toContain(hint);
  }
});

itWithoutTwins('deliveries are counted by our answer, and their changes by what became of them', async () => {
  const acme = await network.tenant('acme');
  const { page } = await acme.connectPage();
  const before = await scrape(port);
  // From the start: an alert on the first that is too large would not see a line that is born at 1.
  expect(before.text).toMatch(/^pagekeeper_webhook_deliveries_total\{[^}]*status="413"[^}]*\} 0$/m);
  const comment = {
    field: 'feed',
    value: {
      item: 'comment',
      verb: 'add',
      comment_id: '11_1',
      post_id: `${page.page_id}_11`,
      from: { id: '4242', name: 'Zoë Commenter' },
      message: 'Is this in stock?',
      created_time: 1_790_000_000,
    },
  };
  const entry = (id: string) => ({ id, time: 1_790_000_000, changes: [comment] });
  const body = JSON.stringify({ object: 'page', entry: [entry(page.page_id), entry('99999')] });
  for (const _ of ['once', 'again']) expect((await deliver(network, body)).status).toBe(200);
  for (const signature of ['sha256=00', `sha256=${'00'.repeat(32)}`])
    expect((await deliver(network, body, { 'X-Hub-Signature-256': signature })).status).toBe(401);
  const after = await scrape(port);
  const more = (name: string, labels?: Record<string, string>) => after.sum(name, labels) - before.sum(name, labels);
  expect(more('pagekeeper_webhook_deliveries_total', { status: '200' })).toBe(2);
  expect(more('pagekeeper_webhook_deliveries_total', { status: '401' })).toBe(2);
  expect(more('pagekeeper_webhook_wrong_signatures_total')).toBe(1);
  expect(more('pagekeeper_webhook_delivery_duration_seconds_count')).toBe(4);
  const changes = (outcome: string) => more('pagekeeper_webhook_changes_total', { outcome });
  expect([changes('stored'), changes('duplicate'), changes('unknown_page')]).toEqual([1, 1, 2]);
  expect(after.text).not.toContain(page.page_id);
});

itWithoutTwins('figures of the whole system are the workers’ to show', async () => {
  const { names } = await scrape(port);
  expect(names).toContain('pagekeeper_database_connections');
  expect(names).toContain('nodejs_eventloop_lag_p99_seconds');
  for (const name of ['pagekeeper_pages', 'pagekeeper_queue_jobs', 'pagekeeper_key_age_seconds']) {
    expect(names).not.toContain(name);
  }
});

itWithoutTwins('nobody finds them where the api is for everybody, nor anything else where they are', async () => {
  expect((await network.anonymous.get('/metrics')).status).toBe(404);
  const of = async (path: string, method = 'GET') =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status;
  expect([await of('/metrics'), await of('/'), await of('/v1/me'), await of('/metrics', 'POST')]).toEqual([
    200, 404, 404, 405,
  ]);
  expect([await of('/healthz'), await of('/healthz', 'POST')]).toEqual([200, 405]);
});
