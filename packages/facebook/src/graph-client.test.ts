import { createHmac } from 'node:crypto';
import { Secret } from '@pagekeeper/runtime/secret';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GraphServer, json } from '../test/graph-server.ts';
import type { GraphClient, GraphResult } from './graph-client.ts';
import { createGraphClient } from './graph-client.ts';
import { subscribedFields } from './subscribed-fields.ts';

const appId = '257000000000001';
const appSecret = new Secret('0123456789abcdef0123456789abcdef');
const token = new Secret('EAATESTPAGETOKEN0001');
const userToken = new Secret('plain-user-token-without-prefix');
const page = '104500000000001';
const comment = '122100000000007_990000000000001';
const hello = { recipient: { id: '6780000000000001' }, text: 'Hello!', metadata: 'rpl_1' };

let server: GraphServer;
let graph: GraphClient;

beforeEach(async () => {
  server = new GraphServer();
  graph = createGraphClient({ graphUrl: await server.start(), version: 'v25.0', appId, appSecret, timeoutMs: 2_000 });
});

afterEach(async () => {
  await graph.close();
  await server.stop();
});

const proof = (secret: Secret) => createHmac('sha256', appSecret.reveal()).update(secret.reveal()).digest('hex');

function errorOf(result: GraphResult<unknown>) {
  if (result.ok) throw new Error('expected an error');
  return result.error;
}

describe('requests', () => {
  test('every call with a token carries it as bearer, with its proof, and never in the URL', async () => {
    server.answer = json({ id: page, name: 'Blue Cup', category: 'Coffee shop', link: 'https://fb.example/1' });
    const result = await graph.readPage(token, page);
    expect(result).toMatchObject({ ok: true, value: { id: page, name: 'Blue Cup', category: 'Coffee shop' } });
    expect(server.seen[0]).toMatchObject({ method: 'GET', path: `/v25.0/${page}` });
    expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${token.reveal()}`);
    expect(server.seen[0]?.query).toEqual({ fields: 'id,name,category,link', appsecret_proof: proof(token) });
  });

  test('the code exchange is a form, with nothing in the URL', async () => {
    server.answer = json({ access_token: 'EAABnew', token_type: 'bearer' });
    const result = await graph.exchangeCode(new Secret('AQBcode'), 'https://app.example/callback');
    expect(result).toMatchObject({ ok: true, value: { expiresInSeconds: null } });
    expect(result.ok && result.value.token.reveal()).toBe('EAABnew');
    expect(server.seen[0]).toMatchObject({ method: 'POST', path: '/v25.0/oauth/access_token', query: {} });
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(server.seen[0]?.body))).toEqual({
      client_id: appId,
      client_secret: appSecret.reveal(),
      redirect_uri: 'https://app.example/callback',
      code: 'AQBcode',
    });
  });

  test('the long-lived exchange', async () => {
    server.answer = json({ access_token: 'EAABlong', expires_in: 5183944 });
    expect(await graph.exchangeForLongLived(userToken)).toMatchObject({ value: { expiresInSeconds: 5183944 } });
    expect(server.seen[0]?.body).toContain('grant_type=fb_exchange_token');
    expect(server.seen[0]?.body).toContain(`fb_exchange_token=${userToken.reveal()}`);
  });

  test('a message, and a private reply without type', async () => {
    server.answer = json({ recipient_id: '6780000000000001', message_id: 'm_1' });
    const sent = await graph.sendMessage(token, page, hello);
    expect(sent).toMatchObject({ ok: true, value: { messageId: 'm_1', recipientId: '6780000000000001' } });
    await graph.sendMessage(token, page, { ...hello, recipient: { comment_id: comment } });
    expect(server.seen.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
      [
        `/v25.0/${page}/messages`,
        {
          recipient: { id: '6780000000000001' },
          messaging_type: 'RESPONSE',
          message: { text: 'Hello!', metadata: 'rpl_1' },
        },
      ],
      [
        `/v25.0/${page}/messages`,
        { recipient: { comment_id: comment }, message: { text: 'Hello!', metadata: 'rpl_1' } },
      ],
    ]);
  });

  test('subscription: the whole list, read back for our app only, taken away', async () => {
    server.answer = json({ success: 'true' });
    expect(await graph.subscribePage(token, page)).toMatchObject({ ok: true });
    expect(server.seen[0]).toMatchObject({ method: 'POST', query: { subscribed_fields: subscribedFields.join(',') } });
    expect(await graph.unsubscribePage(token, page)).toMatchObject({ ok: true });
    expect(server.seen[1]).toMatchObject({ method: 'DELETE', path: `/v25.0/${page}/subscribed_apps` });
    const apps = (data: object[]) => json([{ code: 200, headers: [], body: JSON.stringify({ data }) }]);
    server.answer = apps([{ id: '1' }, { id: appId, subscribed_fields: ['feed', 'messages'] }]);
    expect(await graph.readSubscriptions([{ id: page, token }])).toMatchObject([{ value: ['feed', 'messages'] }]);
    server.answer = apps([{ id: '1' }]);
    expect(await graph.readSubscriptions([{ id: page, token }])).toMatchObject([{ ok: true, value: null }]);
    server.answer = json({ success: false });
    expect(errorOf(await graph.subscribePage(token, page))).toMatchObject({ outcome: 'PERMANENT', sentMaybe: false });
  });

  test('nothing but an id gets into a path', async () => {
    for (const id of ['..', 'me', '1/2', '1?x=1', '', '%2e%2e']) {
      expect(errorOf(await graph.readPage(token, id))).toMatchObject({ outcome: 'PERMANENT', sentMaybe: false });
      expect(errorOf(await graph.replyToComment(token, id, 'x'))).toMatchObject({ outcome: 'PERMANENT' });
    }
    expect(server.seen).toEqual([]);
  });

  test('a token that cannot stand in a header is refused without a call', async () => {
    const error = errorOf(await graph.sendMessage(new Secret('bad\r\ntoken'), page, hello));
    expect(error).toMatchObject({ outcome: 'PERMANENT', sentMaybe: false });
    expect(server.seen).toEqual([]);
  });
});

describe('debug_token', () => {
  test('a living page token, asked with the app token', async () => {
    const data = {
      app_id: appId,
      type: 'PAGE',
      data_access_expires_at: 1771800000,
      expires_at: 0,
      is_valid: true,
      profile_id: page,
      scopes: ['pages_messaging'],
      granular_scopes: [{ scope: 'pages_messaging', target_ids: [page] }, { scope: 'pages_show_list' }],
      user_id: '122000000000001',
    };
    server.answer = json({ data });
    const result = await graph.debugToken(token);
    expect(result.ok && result.value).toEqual({
      isValid: true,
      type: 'PAGE',
      appId,
      expiresAt: null,
      dataAccessExpiresAt: new Date(1771800000_000),
      profileId: page,
      userId: '122000000000001',
      scopes: ['pages_messaging'],
      granularScopes: [
        { scope: 'pages_messaging', targetIds: [page] },
        { scope: 'pages_show_list', targetIds: null },
      ],
    });
    expect(server.seen[0]?.query.input_token).toBe(token.reveal());
    expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${appId}|${appSecret.reveal()}`);
    expect(server.seen[0]?.query.appsecret_proof).toBe(proof(new Secret(`${appId}|${appSecret.reveal()}`)));
  });

  test('the reason of a dead token does not quote it', async () => {
    server.answer = json({ data: { is_valid: false, error: { code: 190, message: `bad ${userToken.reveal()}` } } });
    expect(await graph.debugToken(userToken)).toMatchObject({ value: { error: { message: 'bad [sealed]' } } });
  });

  test('a dead token, and garbage, are answers', async () => {
    server.answer = json({
      data: { is_valid: false, scopes: [], error: { code: 190, message: 'changed', subcode: 460 } },
    });
    expect(await graph.debugToken(token)).toMatchObject({
      ok: true,
      value: { isValid: false, appId: null, error: { code: 190, subcode: 460, message: 'changed' } },
    });
    server.answer = json({ data: { is_valid: false, scopes: [], error: { code: 190, message: 'Cannot parse' } } });
    expect(await graph.debugToken(token)).toMatchObject({ ok: true, value: { error: { subcode: null } } });
  });

  test('that Facebook could not look is no answer', async () => {
    const message = 'Error validating application. Cannot get application info due to a system error.';
    const body = { data: { is_valid: false, scopes: [], error: { code: 190, message } } };
    const nothing = { ok: false, error: { outcome: 'TRANSIENT', message } };
    server.answer = json(body);
    expect(await graph.debugToken(token)).toMatchObject(nothing);
    server.answer = json([{ code: 200, headers: [], body: JSON.stringify(body) }]);
    expect(await graph.debugTokens([token])).toMatchObject([nothing]);
  });

  test('another app’s token is an answer too, whichever way it is asked about', async () => {
    const message = '(#100) The App_id in the input_token did not match the Viewing App';
    const body = { error: { message, type: 'OAuthException', code: 100 } };
    const refused = { ok: true, value: { isValid: false, scopes: [], error: { code: 100, message } } };
    server.answer = json(body, 400);
    expect(await graph.debugToken(token)).toMatchObject(refused);
    server.answer = json([{ code: 400, headers: [], body: JSON.stringify(body) }]);
    expect(await graph.debugTokens([token])).toMatchObject([refused]);
    server.answer = json({ error: { message: '(#100) Missing input_token', type: 'OAuthException', code: 100 } }, 400);
    expect(await graph.debugToken(token)).toMatchObject({ ok: false, error: { outcome: 'PERMANENT' } });
  });
});

describe('lists', () => {
  test('pages are read over all cursors, never by the foreign next', async () => {
    server.answer = ({ query }, response, index) => {
      const next = 'http://127.0.0.1:9/stolen?access_token=EAAnext';
      const rows = [{ id: `${index + 1}`, name: 'P', access_token: 'EAApage', tasks: ['MESSAGING'] }];
      const bodies = [
        { data: rows, paging: { cursors: { after: 'c1' }, next } },
        { data: [], paging: { cursors: { after: 'c2' }, next } },
        { data: [{ id: '3', name: 'Q' }], paging: { cursors: { after: 'c3' } } },
      ];
      expect(query.after).toBe([undefined, 'c1', 'c2'][index]);
      json(bodies[index])(server.seen[index]!, response, index);
    };
    const result = await graph.listPages(userToken);
    expect(result.ok && result.value.map(one => [one.id, one.token?.reveal() ?? null, one.tasks])).toEqual([
      ['1', 'EAApage', ['MESSAGING']],
      ['3', null, []],
    ]);
    expect(server.seen.map(one => one.query.limit)).toEqual(['250', '250', '250']);
    expect(server.seen.every(one => one.path === '/v25.0/me/accounts' && !('access_token' in one.query))).toBe(true);
  });

  test('a list without end is an error, not a short list', async () => {
    server.answer = (_request, response, index) =>
      json({ data: [], paging: { cursors: { after: `c${index}` }, next: 'x' } })(server.seen[index]!, response, index);
    expect(errorOf(await graph.listPages(userToken)).message).toContain('longer than 50');
    expect(server.seen).toHaveLength(50);
    server.answer = json({ data: [], paging: { cursors: { after: 'same' }, next: 'x' } });
    expect(errorOf(await graph.listPages(userToken)).message).toContain('circle');
  });

  test('replies to a comment; a row that cannot be read spoils the list', async () => {
    const row = {
      id: '1_2',
      from: { id: page, name: 'Blue Cup' },
      message: 'Yes',
      created_time: '2025-11-24T16:00:00+0000',
    };
    server.answer = json({ data: [row, { id: '1_3', created_time: '2025-11-24T16:00:01+0000' }] });
    const result = await graph.listCommentReplies(token, comment);
    expect(result.ok && result.value).toEqual([
      { id: '1_2', fromId: page, message: 'Yes', createdTime: new Date(1764000000_000) },
      { id: '1_3', fromId: null, message: null, createdTime: new Date(1764000001_000) },
    ]);
    server.answer = json({ data: [row, { id: '1_3', created_time: 'soon' }] });
    expect(errorOf(await graph.listCommentReplies(token, comment)).outcome).toBe('TRANSIENT');
  });
});

describe('replyToComment', () => {
  test('a new comment', async () => {
    server.answer = json({ id: '122100000000007_990000000000055' });
    const result = await graph.replyToComment(token, comment, 'Café & more');
    expect(result).toMatchObject({ ok: true, value: { commentId: '122100000000007_990000000000055' } });
    expect(server.seen[0]).toMatchObject({ path: `/v25.0/${comment}/comments`, method: 'POST' });
    expect(new URLSearchParams(server.seen[0]?.body).get('message')).toBe('Café & more');
  });

  test.each([{ success: true }, { id: comment }, { id: '990000000000001' }])('an edit is an alarm: %j', async body => {
    server.answer = json(body);
    const error = errorOf(await graph.replyToComment(token, comment, 'x'));
    expect(error).toMatchObject({ outcome: 'PERMANENT', sentMaybe: true });
    expect(error.message).toContain('edited');
  });
});
