import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { freePort } from '@pagekeeper/testing/system/ports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

afterAll(() => network?.stop());

/** A balancer that keeps one connection to an api, for as long as the api does. */
function openBalancer(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<unknown>();
  const ask = (path: string, method = 'GET') =>
    new Promise<number>((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, path, method, agent }, incoming => {
        incoming.resume();
        incoming.on('end', () => resolve(incoming.statusCode!));
      });
      outgoing.on('socket', socket => sockets.add(socket));
      outgoing.on('error', reject);
      outgoing.end();
    });
  const idle = () => Object.values(agent.freeSockets).flat().length;
  return { ask, idle, connections: () => sockets.size, close: () => agent.destroy() };
}

describe('an idle connection', () => {
  it('is kept longer than Node does by itself: balancers send POSTs over it', { timeout: 30_000 }, async () => {
    const balancer = openBalancer(network.api.port!);
    expect(await balancer.ask('/healthz')).toBe(200);
    await sleep(8_000);
    expect(balancer.idle()).toBe(1);
    expect(await balancer.ask('/webhooks/facebook', 'POST')).toBe(401);
    expect(balancer.connections()).toBe(1);
    balancer.close();
  });

  it('is kept as long as the operator says', { timeout: 60_000 }, async () => {
    const port = await freePort();
    const api = await network.anotherApi({ KEEP_ALIVE_SECONDS: '1' }, port);
    const balancer = openBalancer(port);
    await balancer.ask('/healthz');
    await expect.poll(() => balancer.idle(), { timeout: 8_000 }).toBe(0);
    balancer.close();
    await api.stop();
  });

  it('is ended when the api stops, which waits for none', { timeout: 60_000 }, async () => {
    const port = await freePort();
    const api = await network.anotherApi({}, port);
    const balancer = openBalancer(port);
    await balancer.ask('/healthz');
    const stopped = api.stop();
    const beganAt = Date.now();
    await expect.poll(() => balancer.idle(), { timeout: 8_000, interval: 20 }).toBe(0);
    expect(Date.now() - beganAt).toBeLessThan(4_000);
    expect(await stopped).toMatchObject({ code: 0 });
    balancer.close();
  });
});
