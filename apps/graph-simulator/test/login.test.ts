import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json, Rig } from './support.ts';
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

describe('what is asked, and of whom', () => {
  const scope = 'pages_show_list,pages_messaging';
  const granted = async (back: URL) => {
    const { access_token } = (await exchange({ code: back.searchParams.get('code') ?? '' })).json;
    const rows = (await rig.call('GET', `/v25.0/me/permissions?access_token=${access_token}`)).json.data;
    return rows.filter((row: { status: string }) => row.status === 'granted').map((row: Json) => row.permission);
  };
  const dialog = (more: Record<string, string>) =>
    rig.call(
      'GET',
      `/v25.0/dialog/oauth?${new URLSearchParams({ client_id: appId, redirect_uri: redirectUri, person_id: page.personId, ...more })}`,
    );

  test('what was declined is not asked again, but for rerequest; what was granted stays', async () => {
    const login = { decision: 'approve', scope, chosen: '1', page_ids: page.pageId };
    await rig.sim('POST', `/people/${page.personId}/events`, { type: 'deauthorize' });
    expect(await granted(await decide({ ...login, scopes: 'pages_show_list' }))).not.toContain('pages_messaging');
    expect((await dialog({ scope })).text).not.toContain('value="pages_messaging"');
    expect((await dialog({ scope, auth_type: 'rerequest' })).text).toContain('value="pages_messaging"');
    const both = { ...login, auth_type: 'rerequest', scopes: 'pages_messaging' };
    await decide(both);
    const again = await decide({ decision: 'approve', scope: 'pages_manage_metadata' });
    expect(await granted(again)).toEqual(expect.arrayContaining(['pages_messaging', 'pages_manage_metadata']));
  });

  test('an app in development mode: the dialog comes to its end, and then it is the denial', async () => {
    await rig.sim('PATCH', '/app', { mode: 'development' });
    expect((await dialog({ scope })).status).toBe(200);
    const back = await decide({ decision: 'approve', scope });
    expect(back.search).toBe(
      '?error=access_denied&error_code=200&error_description=Permissions+error&error_reason=user_denied&state=st%26te',
    );
    await rig.sim('POST', '/people', { id: page.personId, name: 'Olga Owner', app_role: 'tester' });
    expect((await decide({ decision: 'approve', scope })).searchParams.get('code')).toMatch(/^AQB/);
  });

  test('only registered addresses, where the app has registered some', async () => {
    await rig.sim('PATCH', '/app', { redirect_uris: [redirectUri] });
    expect((await dialog({})).status).toBe(200);
    const other = await dialog({ redirect_uri: `${redirectUri}/` });
    expect(other.status).toBe(400);
    expect(other.text).toContain('URL blocked');
  });

  test('a person with a checkpoint gets no further', async () => {
    await rig.sim('POST', `/people/${page.personId}/events`, { type: 'checkpoint' });
    expect((await dialog({})).text).toContain('security check');
  });

  test('back with nothing at all', async () => {
    expect((await decide({ decision: 'nothing' })).search).toBe('?state=st%26te');
  });

  test('pages held through a business need business_management', async () => {
    await rig.sim('POST', '/people', { id: '77', name: 'Bea', pages: [{ name: 'Held', via_business: true }] });
    const accounts = async (scopes: string[]) => {
      const { user_token } = await rig.sim('POST', '/people/77/tokens', { scopes });
      return (await rig.call('GET', `/v25.0/me/accounts?fields=name&access_token=${user_token}`)).json.data.length;
    };
    expect(await accounts(['pages_show_list'])).toBe(0);
    expect(await accounts(['pages_show_list', 'business_management'])).toBe(1);
  });
});

describe('Login for Business', () => {
  const scopes = ['pages_show_list', 'pages_messaging'];
  const configurations = [
    { id: '11', scopes },
    { id: '12', scopes, token: 'system_user' },
    { id: '13', scopes, token: 'system_user', expires_in_60_days: true },
  ];
  const business = { response_type: 'code', override_default_response_type: 'true' };
  beforeEach(() => rig.sim('PATCH', '/app', { configurations }));

  const tokenOf = async (more: Record<string, string>) =>
    (await exchange({ code: (await decide({ decision: 'approve', ...more })).searchParams.get('code') ?? '' })).json;
  const debug = async (token: string) =>
    (await rig.call('GET', `/v25.0/debug_token?input_token=${token}&access_token=${appId}|${appSecret}`)).json.data;

  test('the configuration says what is asked, and all of it must be granted', async () => {
    const user = await tokenOf({ config_id: '11' });
    const inside = await debug(user.access_token);
    expect(inside.type).toBe('USER');
    expect(inside.scopes).toEqual(expect.arrayContaining(scopes));
    const part = await decide({ decision: 'approve', config_id: '11', chosen: '1', scopes: 'pages_show_list' });
    expect(part.searchParams.get('error_reason')).toBe('user_denied');
  });

  test('a system user is never logged out, or has sixty days', async () => {
    const never = await tokenOf({ config_id: '12', ...business });
    expect(never.expires_in).toBeUndefined();
    expect(await debug(never.access_token)).toMatchObject({ type: 'SYSTEM_USER', expires_at: 0 });
    const accounts = await rig.call('GET', `/v25.0/me/accounts?fields=id&access_token=${never.access_token}`);
    expect(accounts.json.data).toEqual([{ id: page.pageId }]);
    expect((await tokenOf({ config_id: '13', ...business })).expires_in).toBe(60 * 86_400);
  });

  test('an unknown configuration, and a system user without the override, are refused', async () => {
    const form = (more: Record<string, string>) =>
      rig.call(
        'POST',
        '/dialog/oauth',
        new URLSearchParams({
          client_id: appId,
          redirect_uri: redirectUri,
          person_id: page.personId,
          decision: 'approve',
          ...more,
        }),
      );
    expect((await form({ config_id: '99' })).status).toBe(400);
    expect((await form({ config_id: '12' })).text).toContain('override_default_response_type');
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
    await rig.sim('PATCH', '/app', { code_seconds: 30 });
    const short = await fresh();
    await rig.sim('POST', '/clock', { advance_seconds: 31 });
    expect((await exchange({ code: short })).json.error.message).toBe('This authorization code has expired.');
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
