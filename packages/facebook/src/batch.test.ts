import { Secret } from '@pagekeeper/runtime/secret';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GraphServer, json } from '../test/graph-server.ts';
import { createGraphClient, type GraphClient } from './graph-client.ts';

const page = '104500000000001';
let server: GraphServer;
let graph: GraphClient;

beforeEach(async () => {
  server = new GraphServer();
  const appSecret = new Secret('0123456789abcdef0123456789abcdef');
  graph = createGraphClient({ graphUrl: await server.start(), version: 'v25.0', appId: '257', appSecret });
});

afterEach(async () => {
  await graph.close();
  await server.stop();
});

const pages = (count: number) => Array.from({ length: count }, (_, index) => ({ id: page, token: tokenOf(index) }));
const tokenOf = (index: number) => new Secret(`EAATESTPAGETOKEN${index}`);
const item = (body: unknown, headers: Record<string, string> = {}, code = 200) => ({
  code,
  headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
  body: JSON.stringify(body),
});
const usage = (percent: number, regainMin = 0) =>
  JSON.stringify({
    [page]: [{ type: 'pages', call_count: percent, estimated_time_to_regain_access: regainMin }],
  });

describe('reads in batches', () => {
  test('each tells the use of its own allowance, and how long it was refused for', async () => {
    server.answer = json([
      item({ data: [] }, { 'X-Business-Use-Case-Usage': usage(97) }),
      item({ error: { code: 80001 } }, { 'X-Business-Use-Case-Usage': usage(120, 42) }, 400),
      item({ data: [] }),
    ]);
    const [near, over, silent] = await graph.readSubscriptions(pages(3));
    expect(near).toMatchObject({ ok: true, usage: { buc: [{ id: page, calls: 97 }] } });
    expect(over).toMatchObject({ ok: false, error: { outcome: 'THROTTLED_PAGE', waitMs: 42 * 60_000 } });
    expect(silent).toMatchObject({ ok: true, usage: { app: null, buc: [] } });
  });

  test('once the app is throttled no more of them are sent', async () => {
    server.answer = json(Array.from({ length: 50 }, () => item({ error: { code: 4 } }, {}, 403)));
    const results = await graph.debugTokens(pages(120).map(({ token }) => token));
    expect(results).toHaveLength(120);
    for (const result of results) expect(result).toMatchObject({ ok: false, error: { outcome: 'THROTTLED_APP' } });
    expect(server.seen).toHaveLength(1);
  });
});

describe('the app’s own allowance', () => {
  const header = (percent: number) => ({ 'x-app-usage': JSON.stringify({ call_count: percent, total_time: 3 }) });
  const answer = { data: { is_valid: true, scopes: [], app_id: '257', type: 'USER' } };

  test('is known by what calls of the app are told, and not by what a person’s are', async () => {
    expect(graph.appUsage()).toBe(0);
    server.answer = json(answer, 200, header(81));
    await graph.debugToken(tokenOf(1));
    expect(graph.appUsage()).toBe(81);
    server.answer = json({ data: [] }, 200, header(12));
    await graph.listPages(tokenOf(1));
    expect(graph.appUsage()).toBe(81);
    server.answer = json(answer);
    await graph.debugToken(tokenOf(1));
    expect(graph.appUsage()).toBe(0);
  });

  test('is told around a batch, or within it', async () => {
    server.answer = json([item(answer)], 200, header(83));
    await graph.debugTokens([tokenOf(1)]);
    expect(graph.appUsage()).toBe(83);
    server.answer = json([item(answer, header(84))]);
    await graph.debugTokens([tokenOf(1)]);
    expect(graph.appUsage()).toBe(84);
    server.answer = json([item({ data: [] })]);
    await graph.readSubscriptions(pages(1));
    expect(graph.appUsage()).toBe(84);
    server.answer = json([item(answer)]);
    await graph.debugTokens([tokenOf(1)]);
    expect(graph.appUsage()).toBe(0);
  });
});
