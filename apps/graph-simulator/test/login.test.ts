import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Rig } from './support.ts';
import { appId, appSecret, seedPage, startRig } from './support.ts';

let rig: Rig;
let page: Awaited<ReturnType<typeof seedPage>>;
const redirectUri = 'http://127.0.0.1:9/callback';

beforeEach(async () => {
  rig = await startRig();
  page = await seedPage(rig);
});
afterEach(() => rig.stop());

async function decide(more: Record<string, string>): Promise<URL> {
  const form = new URLSearchParams({
    client_id: appId,
    redirect_uri: redirectUri,
    state: 'st&te',
    person_id: page.personId,
    ...more,
  });
  const answer = await rig.call('POST', '/v25.0/dialog/oauth', form);
  expect(answer.status).toBe(302);
  return new URL(answer.headers.get('location') ?? '');
}

const exchange = (more: Record<string, string>) =>
  rig.call(
    'POST',
    '/v25.0/oauth/access_token',
    new URLSearchParams({ client_id: appId, client_secret: appSecret, redirect_uri: redirectUri, ...more }),
  );

describe('the dialog', () => {
  test('shows people, then what is asked, with hostile names escaped', async () => {
    await rig.sim('POST', '/people', {
      id: '7',
      name: '<img src=x onerror=alert(1)>',
      pages: [{ name: '"><script>' }],
    });
    const query = `client_id=${appId}&redirect_uri=${encodeURIComponent(redirectUri)}&scope=pages_messaging`;
    const people = await rig.call('GET', `/v25.0/dialog/oauth?${query}`);
    expect(people.text).toContain('&lt;img src=x');
    expect(people.text).not.toContain('<img src=x');
    const choice = await rig.call('GET', `/v25.0/dialog/oauth?${query}&person_id=7`);
    expect(choice.text).toContain('pages_messaging');
    expect(choice.text).not.toContain('<script');
    expect(choice.headers.get('content-security-policy')).toContain("form-action 'self' http://127.0.0.1:9");
  });

  test('another app or a bad address is not served', async () => {
    expect((await rig.call('GET', '/dialog/oauth?client_id=1&redirect_uri=http://x.example/')).status).toBe(400);
    expect((await rig.call('GET', `/dialog/oauth?client_id=${appId}&redirect_uri=javascript:1`)).status).toBe(400);
  });

  test('denied', async () => {
    const back = await decide({ decision: 'deny' });
    expect(Object.fromEntries(back.searchParams)).toEqual({
      error: 'access_denied',
      error_code: '200',
      error_description: 'Permissions error',
      error_reason: 'user_denied',
      state: 'st&te',
    });
  });

  test('approved in part: fewer scopes and pages; later logins keep the pages unless reauthorize asks', async () => {
    await rig.sim('POST', '/people', { id: page.personId, name: 'Olga Owner', pages: [{ id: '500', name: 'Second' }] });
    const scope = 'pages_show_list,pages_messaging';
    const first = await decide({ decision: 'approve', scope, chosen: '1', scopes: 'pages_show_list', page_ids: '500' });
    const token = (await exchange({ code: first.searchParams.get('code') ?? '' })).json.access_token;
    const accounts = async (value: string) =>
      (await rig.call('GET', `/v25.0/me/accounts?fields=id&access_token=${value}`)).json.data;
    expect(await accounts(token)).toEqual([{ id: '500' }]);
    await decide({ decision: 'approve', scope, chosen: '1', scopes: 'pages_show_list', page_ids: page.pageId });
    expect(await accounts(token)).toEqual([{ id: '500' }]);
    await decide({
      decision: 'approve',
      auth_type: 'reauthorize',
      chosen: '1',
      scopes: 'pages_show_list',
      page_ids: page.pageId,
    });
    expect(await accounts(token)).toEqual([{ id: page.pageId }]);
  });
});

describe('the code', () => {
  const fresh = async () => (await decide({ decision: 'approve' })).searchParams.get('code') ?? '';

  test('gives a short-lived token, once', async () => {
    const code = await fresh();
    const first = await exchange({ code });
    expect(first.json).toMatchObject({ token_type: 'bearer', expires_in: 3600 });
    const second = await exchange({ code });
    expect(second.status).toBe(400);
    expect(second.json.error).toMatchObject({
      code: 100,
      error_subcode: 36009,
      message: 'This authorization code has been used.',
    });
    expect(second.headers.get('www-authenticate')).toBe(
      'OAuth "Facebook Platform" "invalid_code" "This authorization code has been used."',
    );
  });

  test('late, elsewhere, unknown, wrong secret, wrong app', async () => {
    const late = await fresh();
    await rig.sim('POST', '/clock', { advance_seconds: 601 });
    expect((await exchange({ code: late })).json.error.error_subcode).toBe(36007);
    expect((await exchange({ code: await fresh(), redirect_uri: `${redirectUri}/` })).json.error.error_subcode).toBe(
      36008,
    );
    expect((await exchange({ code: 'nonsense' })).json.error.error_subcode).toBe(36007);
    expect((await exchange({ code: 'x', client_secret: 'wrong' })).json.error).toMatchObject({
      code: 1,
      message: 'Error validating client secret.',
    });
    expect((await exchange({ code: 'x', client_id: '1' })).json.error.code).toBe(101);
  });

  test('client_credentials give the app token', async () => {
    expect((await exchange({ grant_type: 'client_credentials' })).json.access_token).toBe(`${appId}|${appSecret}`);
  });
});
