import { inspect } from 'node:util';
import { Secret } from '@pagekeeper/runtime/secret';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Answer } from '../test/graph-server.ts';
import { GraphServer, json, refuse } from '../test/graph-server.ts';
import type { GraphClient, GraphResult } from './graph-client.ts';
import { createGraphClient } from './graph-client.ts';

const appId = '257000000000001';
const appSecret = new Secret('0123456789abcdef0123456789abcdef');
const token = new Secret('EAATESTPAGETOKEN0001');
const userToken = new Secret('plain-user-token-without-prefix');
const page = '104500000000001';
const hello = { recipient: { id: '6780000000000001' }, text: 'Hello!', metadata: 'rpl_1' };

let server: GraphServer;
let graphUrl: string;
let graph: GraphClient;
let versions: string[];

beforeEach(async () => {
  versions = [];
  server = new GraphServer();
  graphUrl = await server.start();
  graph = clientOf(graphUrl);
});

afterEach(async () => {
  await graph.close();
  await server.stop();
});

function clientOf(graphUrl: string, timeoutMs = 3_000): GraphClient {
  const onOtherVersion = (version: string) => versions.push(version);
  return createGraphClient({ graphUrl, version: 'v25.0', appId, appSecret, timeoutMs, onOtherVersion });
}

function errorOf(result: GraphResult<unknown>) {
  if (result.ok) throw new Error('expected an error');
  return result.error;
}

describe('failures', () => {
  test('a read is repeated after transient failures, then given up', async () => {
    server.answer = (request, response, index) => {
      if (index < 2) refuse({ code: 2, is_transient: true, message: 'later' }, 500)(request, response, index);
      else json({ id: page, name: 'Blue Cup' })(request, response, index);
    };
    expect(await graph.readPage(token, page)).toMatchObject({ ok: true });
    expect(server.seen).toHaveLength(3);
    server.answer = refuse({ code: 2 });
    expect(errorOf(await graph.readPage(token, page))).toMatchObject({ outcome: 'TRANSIENT', sentMaybe: false });
    expect(server.seen).toHaveLength(6);
  });

  test('a read is not repeated when Graph says no, or says when', async () => {
    server.answer = refuse({ code: 190, error_subcode: 463 });
    expect(errorOf(await graph.readPage(token, page))).toMatchObject({
      outcome: 'REAUTH',
      subcode: 463,
      fbtraceId: 'A1',
    });
    server.answer = refuse({ code: 4 }, 403);
    expect(errorOf(await graph.readPage(token, page)).outcome).toBe('THROTTLED_APP');
    server.answer = json({}, 503, { 'retry-after': '30' });
    expect(errorOf(await graph.readPage(token, page))).toMatchObject({ outcome: 'TRANSIENT', waitMs: 30_000 });
    expect(server.seen).toHaveLength(3);
  });

  const html: Answer = (_request, response) =>
    void response.writeHead(502, { 'content-type': 'text/html' }).end('<html>');
  const cutOff =
    (status: number): Answer =>
    (_request, response) => {
      response.writeHead(status, { 'content-length': '100' }).write('{"id"');
      setTimeout(() => response.destroy(), 20);
    };
  const tooLong: Answer = (_request, response) => void response.writeHead(200).end('x'.repeat(2_100_000));
  const failures: [string, Answer, number | null][] = [
    ['timeout', () => {}, null],
    ['reset', (_request, response) => void response.socket?.resetAndDestroy(), null],
    ['closed without an answer', (_request, response) => void response.socket?.end(), null],
    ['HTML 502', html, 502],
    ['empty 200', (_request, response) => void response.writeHead(200).end(), 200],
    ['cut off', cutOff(200), 200],
    ['an error that is cut off', cutOff(400), 400],
    ['slow body', (_request, response) => void response.writeHead(200).write('{'), 200],
    ['endless body', tooLong, 200],
    ['other JSON', json([]), 200],
  ];
  /** What never ends by itself is waited for: not for long. */
  const endless = ['timeout', 'slow body'];
  async function expectFailure(name: string, how: Answer): Promise<void> {
    server.answer = how;
    if (!endless.includes(name)) return;
    await graph.close();
    graph = clientOf(graphUrl, 400);
  }

  test.each(failures)('%s: a write may have happened, and is not repeated', async (name, how, http) => {
    await expectFailure(name, how);
    const error = errorOf(await graph.sendMessage(token, page, hello));
    expect(error).toMatchObject({ outcome: 'AMBIGUOUS', sentMaybe: true, http });
    expect(server.seen).toHaveLength(1);
  });

  test.each(failures.filter(([name]) => name !== 'endless body'))('%s: a read is repeated', async (name, how, http) => {
    await expectFailure(name, how);
    expect(errorOf(await graph.readPage(token, page))).toMatchObject({
      outcome: 'TRANSIENT',
      sentMaybe: false,
      http,
    });
    expect(server.seen).toHaveLength(3);
  });

  test('a write that never left has not happened', async () => {
    for (const url of ['http://127.0.0.1:1', 'http://graph.invalid']) {
      const nowhere = clientOf(url);
      const error = errorOf(await nowhere.sendMessage(token, page, hello));
      expect(error).toMatchObject({ outcome: 'TRANSIENT', sentMaybe: false, http: null });
      await nowhere.close();
    }
    await graph.close();
    expect(errorOf(await graph.sendMessage(token, page, hello))).toMatchObject({ sentMaybe: false });
    graph = clientOf('http://127.0.0.1:1');
  });

  test('a write is not repeated even when Graph refused it for now', async () => {
    server.answer = refuse({ code: 2, is_transient: true });
    const calls = [
      graph.sendMessage(token, page, hello),
      graph.replyToComment(token, '1_2', 'x'),
      graph.subscribePage(token, page),
      graph.unsubscribePage(token, page),
      graph.exchangeForLongLived(userToken),
    ];
    for (const result of await Promise.all(calls)) {
      expect(errorOf(result)).toMatchObject({ outcome: 'TRANSIENT', sentMaybe: false });
    }
    expect(server.seen).toHaveLength(calls.length);
  });

  test('a redirect is not followed', async () => {
    server.answer = (_request, response) => void response.writeHead(302, { location: '/v25.0/elsewhere' }).end();
    expect(errorOf(await graph.readPage(token, page))).toMatchObject({ outcome: 'CONFIG', http: 302 });
    expect(server.seen).toHaveLength(1);
  });

  test('usage comes with errors and with values', async () => {
    const usage = { 'x-app-usage': '{"call_count":110,"total_time":1,"total_cputime":1}' };
    server.answer = json({ error: { code: 4, type: 'OAuthException' } }, 403, usage);
    expect((await graph.readPage(token, page)).usage.app?.calls).toBe(110);
    server.answer = json({ id: page }, 200, usage);
    expect((await graph.readPage(token, page)).usage.app?.calls).toBe(110);
  });

  test('another version served is told once', async () => {
    server.answer = json({ id: page }, 200, { 'facebook-api-version': 'v26.0' });
    await graph.readPage(token, page);
    await graph.readPage(token, page);
    expect(versions).toEqual(['v26.0']);
  });

  test('no error shows a token, a code, a secret, or a URL', async () => {
    server.answer = (request, response, index) => {
      const sent = [request.headers.authorization, request.body, JSON.stringify(request.query)].join(' ');
      refuse({ code: 100, message: `${'x'.repeat(index * 37)}${decodeURIComponent(sent)}` })(request, response, index);
    };
    const code = new Secret('AQBauthorizationcode');
    const dead = clientOf('http://127.0.0.1:1');
    const results = [
      await graph.exchangeCode(code, 'https://app.example/callback'),
      await graph.exchangeForLongLived(userToken),
      await graph.debugToken(userToken),
      await graph.debugToken(token),
      await graph.listPages(userToken),
      await graph.sendMessage(token, page, hello),
      await dead.debugToken(userToken),
    ];
    await dead.close();
    for (const result of results) {
      const printed = `${inspect(result, { depth: 20, showHidden: true })} ${JSON.stringify(result)}`;
      for (const secret of [code, userToken, token, appSecret]) expect(printed).not.toContain(secret.reveal());
      expect(printed).not.toContain('127.0.0.1');
    }
  });

  test('a wrong configuration is refused at the start', () => {
    expect(() => clientOf('graph')).toThrow('graphUrl');
    expect(() => createGraphClient({ graphUrl: 'http://x', version: '25', appId, appSecret })).toThrow('version');
  });
});
