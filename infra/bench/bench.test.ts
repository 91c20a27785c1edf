import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyWebhookSignature } from '@pagekeeper/facebook/signatures';
import { parseDelivery } from '@pagekeeper/facebook/webhook-payload';
import { Secret } from '@pagekeeper/runtime/secret';
import { describe, expect, it } from 'vitest';
import { alternate } from './alternate.ts';
import { benchmarkNames, parseOptions } from './env.ts';
import { arrive } from './load/arrivals.ts';
import { unchunk } from './load/connection.ts';
import { bodyBytes, deliveryBody } from './load/deliveries.ts';
import { median, percentile } from './median.ts';
import { createQuiet } from './quiet.ts';
import { asJsonLines, asTable, measure } from './report.ts';
import { changesPerPost, Deliveries } from './soak/deliveries.ts';

describe('median', () => {
  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[100, 2, 10], 10],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected));

  it('of nothing is an error', () => expect(() => median([])).toThrow());

  it('percentiles are values that were measured', () => {
    const sorted = Array.from({ length: 200 }, (_, index) => index + 1);
    expect(percentile(sorted, 0.5)).toBe(100);
    expect(percentile(sorted, 0.99)).toBe(198);
    expect(percentile([7], 0.99)).toBe(7);
  });
});

describe('alternate', () => {
  it('takes turns, and leaves the first run of each out', async () => {
    const order: string[] = [];
    const note = (name: string) => async (seconds: number) => order.push(`${name}${seconds}`);
    const timing = { rounds: 2, seconds: 2, warmUpSeconds: 1, quiet: createQuiet(0) };
    const runs = await alternate(timing, note('ours'), note('base'));
    expect(order).toEqual(['ours1', 'base1', 'ours2', 'base2', 'ours2', 'base2']);
    expect(runs).toEqual({ ours: [3, 5], baseline: [4, 6] });
  });
});

describe('report', () => {
  const about = { name: 'thing', unit: 'things/s', baseline: 'other', goal: 0.8 };
  const measurement = measure(about, [1_000, 3_000, 2_000], [2_500.4, 2_500, 2_501]);

  it('divides medians', () => {
    expect(measurement).toEqual({ ...about, value: 2_000, baseline_value: 2_500, ratio: 0.8 });
  });

  it('prints one JSON object a line', () => {
    const lines = asJsonLines([measurement, { ...measurement, goal: null }]).split('\n');
    expect(lines.map(line => Object.keys(JSON.parse(line)).join())).toEqual(
      Array(2).fill('name,value,unit,baseline,baseline_value,ratio,goal'),
    );
  });

  it('says in the table whether the goal was reached', () => {
    expect(asTable([{ measurement, notes: ['a note'] }])).toMatch(/thing +2,000 things\/s .* 0\.80 +>= 0\.80 reached/);
    const missed = measure(about, [1_000], [2_000]);
    expect(asTable([{ measurement: missed, notes: [] }])).toContain('MISSED');
  });
});

describe('load', () => {
  it('makes deliveries of one change, each its own, and the same again', () => {
    const series = { id: 'abc', pageIds: ['1000000001', '1000000002'], startMs: 1_700_000_000_000, changes: 1 };
    const bodies = Array.from({ length: 50 }, (_, index) => deliveryBody(series, index));
    expect(new Set(bodies).size).toBe(50);
    for (const body of bodies) expect(Buffer.byteLength(body)).toBe(bodyBytes);
    expect(JSON.parse(bodies[3]!).entry[0]).toMatchObject({ id: '1000000002', messaging: [{}] });
    expect(deliveryBody(series, 7)).toBe(bodies[7]);
  });

  it('makes deliveries of many changes of one page, no two the same', () => {
    const series = { id: 'abc', pageIds: ['1000000001', '1000000002'], startMs: 1_700_000_000_000, changes: 100 };
    const bodies = Array.from({ length: 5 }, (_, index) => deliveryBody(series, index));
    const messages = bodies.flatMap(body => JSON.parse(body).entry[0].messaging);
    expect(new Set(messages.map(({ message }) => message.mid)).size).toBe(500);
    expect(messages[100].recipient).toEqual({ id: '1000000002' });
  });

  it('makes posts of mixed sizes for many pages, signed, no change twice', () => {
    const pageIds = ['1000000001', '1000000002', '1000000003'];
    const deliveries = new Deliveries(pageIds, 'secret');
    const posts = Array.from({ length: 40 }, (_, index) => deliveries.next(index));
    const changes = posts.map(({ body }) => parseDelivery(JSON.parse(body!))!);
    expect([...new Set(changes.map(({ length }) => length))].sort((a, b) => a - b)).toEqual([1, 2, 5, 12, 20, 40]);
    expect(changes.flat()).toHaveLength(40 * changesPerPost);
    const identities = changes.flat().map(({ pageId, kind, identity }) => [pageId, kind, ...identity].join(' '));
    expect(new Set(identities).size).toBe(identities.length);
    expect([...new Set(changes.flat().map(({ pageId }) => pageId))].sort()).toEqual(pageIds);
    for (const { body, headers } of posts) {
      const signature = headers['X-Hub-Signature-256']!;
      expect(verifyWebhookSignature(Buffer.from(body!), signature, [new Secret('secret')])).toBe(true);
    }
    posts[8]!.take!('');
    expect(deliveries.acknowledged).toBe(20);
  });

  it('reads a chunked body', () => {
    expect(unchunk(Buffer.from('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n')).toString()).toBe('hello world');
  });
});

describe('arrivals', () => {
  const get = (endpoint: string) => ({ endpoint, method: 'GET', path: `/${endpoint}`, headers: {} });
  const schedule = { perSecond: 100, seconds: 0.4, keepFromSecond: 0 };

  it('come at their pace also while nothing is answered, and what had to wait shows it', async () => {
    const holdMs = 600;
    const held = createServer((_request, response) => void setTimeout(() => response.end(), holdMs));
    const port = await listen(held);
    const { sent, succeeded, latencies } = await arrive({ ...schedule, port, next: () => get('held') });
    held.close();
    expect([sent, succeeded]).toEqual([40, 40]);
    const [first, last] = [latencies.get('held')!.at(0)!, latencies.get('held')!.at(-1)!];
    expect(first).toBeGreaterThan(holdMs * 0.9);
    // Of 40 requests over 16 connections the last wait for two answers before their own, and came 400 ms after the first.
    expect(last).toBeGreaterThan(3 * holdMs * 0.9 - 400);
  });

  it('count what fails, by endpoint and how', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/cut') request.socket.destroy();
      else response.writeHead(request.url === '/busy' ? 503 : 204).end();
    });
    const port = await listen(server);
    const taken: string[] = [];
    const endpoints = ['fine', 'busy', 'cut', 'fine'];
    const next = (index: number) => ({ ...get(endpoints[index % 4]!), take: () => taken.push(endpoints[index % 4]!) });
    const { succeeded, failures } = await arrive({ ...schedule, port, next });
    server.close();
    expect(succeeded).toBe(20);
    expect(taken).toEqual(Array(20).fill('fine'));
    expect(Object.fromEntries(failures)).toEqual({ 'busy 503': 10, 'cut ECONNRESET': 10 });
  });

  async function listen(server: Server): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
});

describe('options', () => {
  it('run all but the half hour unless told otherwise', () => {
    expect(parseOptions(['--json']).only).toEqual(benchmarkNames.filter(name => name !== 'soak'));
    expect(parseOptions(['--only', 'vault']).only).toEqual(['vault']);
  });

  it('name the queue, or leave it to what is there', () => {
    expect(parseOptions([]).queues).toBeNull();
    expect(parseOptions(['--queue', 'postgres']).queues).toEqual(['postgres']);
    expect(parseOptions(['--queue', 'both']).queues).toEqual(['redis', 'postgres']);
    expect(() => parseOptions(['--queue', 'kafka'])).toThrow('There is no queue kafka');
  });

  it('refuse what they do not know', () => {
    expect(() => parseOptions(['--only', 'speed'])).toThrow('There is no benchmark speed');
    expect(() => parseOptions(['--fast'])).toThrow();
  });
});
