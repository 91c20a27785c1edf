import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Balancer, startBalancer } from '@pagekeeper/testing/network/balancer';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { freePort } from '@pagekeeper/testing/system/ports';
import { afterAll, beforeAll, expect, it } from 'vitest';

let network: Network;
let acme: Tenant;
let shop: ConnectedPage;
let balancer: Balancer;
const ports: number[] = [];

beforeAll(async () => {
  // As in the chart.
  network = await startNetwork({ apiEnv: { STOP_DELAY_MS: '4000' } });
  ports.push(network.api.port!, await freePort());
  [acme, balancer] = await Promise.all([network.tenant('acme'), freePort().then(port => startBalancer(port, ports))]);
  shop = await acme.connectPage({ config: { auto_reply: false } });
}, 60_000);

afterAll(async () => {
  await balancer?.stop();
  await network?.stop();
});

/** Over a connection of its own, as through a balancer that keeps none open. */
function ask(method: string, path: string, headers: Record<string, string>, body?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: balancer.port, method, path, headers, agent: false };
    const outgoing = request(options, incoming => {
      incoming.resume();
      incoming.on('error', reject);
      incoming.on('end', () => resolve(incoming.statusCode!));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function message(mid: string): string {
  const { page_id } = shop.page;
  const change = { sender: { id: '7100000001' }, recipient: { id: page_id }, timestamp: Date.now() };
  const entry = [{ id: page_id, time: Date.now(), messaging: [{ ...change, message: { mid, text: 'Open?' } }] }];
  return JSON.stringify({ object: 'page', entry });
}

function deliver(body: string): Promise<number> {
  const signature = `sha256=${createHmac('sha256', network.appSecret).update(body).digest('hex')}`;
  return ask('POST', '/webhooks/facebook', { 'X-Hub-Signature-256': signature }, body);
}

it('a rolling restart under load fails no request, and loses no event', { timeout: 120_000 }, async () => {
  const { key } = await acme.program({ role: 'ADMIN' });
  const statuses: (number | string)[] = [];
  const mids: string[] = [];
  let stopping = false;
  const load = (async () => {
    const underWay = new Set<Promise<unknown>>();
    const note = (answer: Promise<number>) => {
      const noted = answer
        .catch(error => String(error.code))
        .then(status => statuses.push(status))
        .finally(() => underWay.delete(noted));
      underWay.add(noted);
    };
    while (!stopping) {
      // Callers wait for their answers: a machine that is busy with other tests is asked less, and not drowned.
      while (underWay.size >= 32) await Promise.race(underWay);
      const mid = `m_${randomUUID()}`;
      mids.push(mid);
      note(deliver(message(mid)));
      note(ask('GET', `${acme.path}/integrations`, { Authorization: `Bearer ${key.secret}` }));
      await sleep(20);
    }
    await Promise.all(underWay);
  })();
  // Each in its turn, while the other serves: as one does it, when the balancer knows that it does.
  const seen = (port: number) => expect.poll(() => balancer.ready(), { timeout: 10_000 }).toContain(port);
  for (let round = 0; round < 2; round += 1) {
    const second = await network.anotherApi({}, ports[1]!);
    await seen(ports[1]!);
    await network.api.stop();
    await network.startApi();
    await seen(ports[0]!);
    await second.stop();
  }
  stopping = true;
  await load;
  expect(statuses.length).toBeGreaterThan(100);
  const troubles = network.output.filter(line => !line.startsWith('{"level":30'));
  expect(
    statuses.filter(status => status !== 200),
    [...balancer.history(), ...troubles.slice(-20)].join('\n'),
  ).toEqual([]);
  await network.settle(60_000);
  const [{ count }] = await network.sql(`select count(*)::int from webhook_events where kind = 'message'`);
  expect(count).toBe(mids.length);
});
