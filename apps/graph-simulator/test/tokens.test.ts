import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { proofOf } from '../src/tokens/proof.ts';
import type { Rig } from './support.ts';
import { appId, appSecret, appToken, seedPage, startRig } from './support.ts';

let rig: Rig;
let page: Awaited<ReturnType<typeof seedPage>>;

beforeEach(async () => {
  rig = await startRig();
  page = await seedPage(rig);
});
afterEach(() => rig.stop());

const me = (token: string) => rig.call('GET', `/v25.0/me?access_token=${token}`);
const debug = async (token: string) =>
  (await rig.call('GET', `/v25.0/debug_token?input_token=${encodeURIComponent(token)}&access_token=${appToken}`)).json
    .data;
const exchange = (token: string) =>
  rig.call(
    'GET',
    `/v25.0/oauth/access_token?grant_type=fb_exchange_token&client_id=${appId}&client_secret=${appSecret}&fb_exchange_token=${token}`,
  );
const event = (body: object) => rig.sim('POST', `/people/${page.personId}/events`, body);
const login = (body: object) => rig.sim('POST', `/people/${page.personId}/tokens`, body);

describe('lifetimes', () => {
  test('a short token and its page token end after an hour, a long one after sixty days, its page token never', async () => {
    const short = await login({ lifetime: 'short' });
    await rig.sim('POST', '/clock', { advance_seconds: 3601 });
    const late = await me(short.user_token);
    expect(late.status).toBe(400);
    expect(late.json.error).toMatchObject({ code: 190, error_subcode: 463, type: 'OAuthException' });
    expect(late.json.error.message).toMatch(
      /^Error validating access token: Session has expired on \w+, \d\d-\w{3}-\d\d [\d:]+ P[DS]T\. The current time is /,
    );
    expect((await me(short.pages[0].page_access_token)).json.error.error_subcode).toBe(463);
    expect((await exchange(short.user_token)).json.error.error_subcode).toBe(463);

    expect((await me(page.userToken)).status).toBe(200);
    await rig.sim('POST', '/clock', { offset_seconds: 61 * 86_400 });
    expect((await me(page.userToken)).json.error.error_subcode).toBe(463);
    expect((await me(page.pageToken)).json).toEqual({ id: page.pageId, name: 'Blue Cup' });
    expect(await debug(page.pageToken)).toMatchObject({
      type: 'PAGE',
      expires_at: 0,
      is_valid: true,
      profile_id: page.pageId,
    });
  });

  test('short becomes long; long keeps its date, or moves it by the knob; the token is another one', async () => {
    const short = await login({ lifetime: 'short' });
    const long = (await exchange(short.user_token)).json;
    expect(long).toMatchObject({ token_type: 'bearer', expires_in: 5183944 });
    const before = (await debug(long.access_token)).expires_at;
    await rig.sim('POST', '/clock', { advance_seconds: 40 * 86_400 });
    const again = (await exchange(long.access_token)).json;
    expect(again.access_token).not.toBe(long.access_token);
    expect((await debug(again.access_token)).expires_at).toBe(before);
    await rig.sim('PATCH', '/app', { exchange: 'extended', omit_expires_in: true });
    const moved = (await exchange(again.access_token)).json;
    expect(moved.expires_in).toBeUndefined();
    expect((await debug(moved.access_token)).expires_at).toBeGreaterThan(before + 39 * 86_400);
  });
});

describe('what kills a token', () => {
  test.each([
    [{ type: 'password_change' }, 460],
    [{ type: 'tokens_invalidated' }, 467],
    [{ type: 'deauthorize' }, 458],
    [{ type: 'revoke' }, 466],
    [{ type: 'logout_everywhere' }, 460],
    [{ type: 'checkpoint' }, 459],
    [{ type: 'checkpoint', subcode: 464 }, 464],
    [{ type: 'checkpoint', subcode: 490 }, 490],
  ])('%o', async (body, subcode) => {
    await event(body);
    for (const token of [page.userToken, page.pageToken]) {
      expect((await me(token)).json.error).toMatchObject({ code: 190, error_subcode: subcode });
      expect(await debug(token)).toMatchObject({ is_valid: false, error: { code: 190, subcode } });
    }
    const fresh = await login({});
    expect((await me(fresh.user_token)).status).toBe('subcode' in body || subcode === 459 ? 400 : 200);
  });

  test('something of which Facebook says no more than that', async () => {
    await event({ type: 'tokens_invalidated', subcode: null });
    expect((await me(page.pageToken)).json.error).toMatchObject({ code: 190 });
    expect(await debug(page.pageToken)).toMatchObject({ is_valid: false, error: { code: 190 } });
    expect((await me(page.pageToken)).json.error.error_subcode).toBeUndefined();
  });

  test('a lifted checkpoint revives the same token, a restored role too', async () => {
    await event({ type: 'checkpoint' });
    await event({ type: 'checkpoint_lifted' });
    expect((await me(page.pageToken)).status).toBe(200);
    await event({ type: 'role_removed', page_id: page.pageId });
    expect((await me(page.pageToken)).json.error.error_subcode).toBe(492);
    expect((await rig.call('GET', `/v25.0/me/accounts?access_token=${page.userToken}`)).json).toEqual({ data: [] });
    await event({ type: 'role_restored', page_id: page.pageId });
    expect((await me(page.pageToken)).status).toBe(200);
  });

  test('by the knob, a lost role shows as #200, or only as an absence', async () => {
    await rig.sim('PATCH', '/app', { role_loss: '200' });
    await event({ type: 'role_removed', page_id: page.pageId });
    expect((await me(page.pageToken)).json.error).toMatchObject({
      code: 200,
      message: '(#200) The user behind this access token does not have an appropriate role on the Page.',
    });
    expect(await debug(page.pageToken)).toMatchObject({ is_valid: true });
    await rig.sim('PATCH', '/app', { role_loss: 'vanish' });
    const { psid } = await rig.sim('POST', `/pages/${page.pageId}/messages`, { text: 'Hi' });
    const body = { recipient: { id: psid }, message: { text: 'x' } };
    expect((await rig.call('POST', `/v25.0/me/messages?access_token=${page.pageToken}`, body)).status).toBe(200);
    expect((await rig.call('GET', `/v25.0/me/accounts?access_token=${page.userToken}`)).json).toEqual({ data: [] });
  });

  test('DELETE me/permissions ends every token with 458, or by the knob with 466', async () => {
    for (const subcode of [458, 466]) {
      await rig.sim('PATCH', '/app', { permissions_deleted: subcode });
      const { user_token, pages } = await login({});
      const gone = await rig.call('DELETE', `/v25.0/me/permissions?access_token=${user_token}`);
      expect(gone.json).toEqual({ success: true });
      expect((await me(pages[0].page_access_token)).json.error.error_subcode).toBe(subcode);
    }
  });

  test('a narrower login kills the page tokens of the pages left out', async () => {
    await login({ page_ids: [] });
    expect((await me(page.pageToken)).json.error.error_subcode).toBe(458);
  });

  test('a reset secret kills them all, and new ones are signed with the new one', async () => {
    await rig.sim('POST', '/app/events', { type: 'secret_reset', secret: 'another-secret' });
    expect((await me(page.pageToken)).json.error).toMatchObject({
      code: 190,
      message: 'Invalid OAuth access token signature.',
    });
    expect((await rig.call('GET', `/debug_token?input_token=x&access_token=${appToken}`)).json.error.code).toBe(190);
    const fresh = await login({});
    const proof = proofOf('another-secret', fresh.user_token);
    expect((await rig.call('GET', `/me?access_token=${fresh.user_token}&appsecret_proof=${proof}`)).status).toBe(200);
  });

  test('a permission taken back leaves the token alive', async () => {
    await event({ type: 'permission_removed', scope: 'pages_show_list' });
    const accounts = await rig.call('GET', `/v25.0/me/accounts?access_token=${page.userToken}`);
    expect(accounts.status).toBe(403);
    expect(accounts.json.error.code).toBe(200);
    expect((await debug(page.userToken)).scopes).not.toContain('pages_show_list');
    const permissions = (await rig.call('GET', `/v25.0/me/permissions?access_token=${page.userToken}`)).json.data;
    expect(permissions).toContainEqual({ permission: 'pages_show_list', status: 'declined' });
  });
});

describe('page tokens', () => {
  const fetchToken = async () => {
    const path = `/v25.0/${page.pageId}?fields=access_token&access_token=${page.userToken}`;
    return (await rig.call('GET', path)).json.access_token;
  };

  test('each fetch gives another string of the same worth; by the knob the same string while it is alive', async () => {
    const [one, two] = [await fetchToken(), await fetchToken()];
    expect(one).not.toBe(two);
    for (const token of [one, two]) expect((await debug(token)).expires_at).toBe(0);
    await rig.sim('PATCH', '/app', { page_token: 'same' });
    const three = await fetchToken();
    expect(await fetchToken()).toBe(three);
    await event({ type: 'password_change' });
    page = { ...page, userToken: (await login({})).user_token };
    expect(await fetchToken()).not.toBe(three);
  });

  test('the ledger of tokens tells everything but the token', async () => {
    await event({ type: 'password_change' });
    const { data } = await rig.sim('GET', `/people/${page.personId}/tokens`);
    expect(data.map((token: { type: string }) => token.type).sort()).toEqual(['PAGE', 'USER']);
    expect(data[0]).toMatchObject({ app_id: appId, user_id: page.personId, dead: { subcode: 460 } });
    expect(JSON.stringify(data)).not.toContain('EAA');
  });
});

describe('permissions that run out', () => {
  const permissions = async (token: string) =>
    Object.fromEntries(
      (await rig.call('GET', `/v25.0/me/permissions?access_token=${token}`)).json.data.map(
        (row: { permission: string; status: string }) => [row.permission, row.status],
      ),
    );

  test('a single one expires, and the token lives on without it', async () => {
    await event({ type: 'permission_expired', scope: 'pages_manage_engagement' });
    expect(await permissions(page.userToken)).toMatchObject({
      pages_manage_engagement: 'expired',
      pages_messaging: 'granted',
    });
    const { comment_id } = await rig.sim('POST', `/pages/${page.pageId}/comments`, { text: 'Hi' });
    const path = `/v25.0/${comment_id}/comments?access_token=${page.pageToken}`;
    expect((await rig.call('POST', path, { message: 'x' })).json.error.code).toBe(200);
    expect((await me(page.pageToken)).status).toBe(200);
  });

  test('data access ends after ninety days: not for the permissions exempt from it, or by the knob for all', async () => {
    const { user_token, pages } = await login({ lifetime: 'never', scopes: ['pages_show_list', 'email'] });
    const pageToken = pages[0].page_access_token;
    const at = (await debug(pageToken)).data_access_expires_at;
    expect(at - Date.now() / 1000).toBeGreaterThan(89 * 86_400);
    await rig.sim('POST', '/clock', { advance_seconds: 91 * 86_400 });
    expect(await permissions(user_token)).toMatchObject({ email: 'expired', pages_show_list: 'granted' });
    expect(await debug(pageToken)).toMatchObject({ is_valid: true, data_access_expires_at: at });
    await rig.sim('PATCH', '/app', { data_access: 'all' });
    const accounts = `/v25.0/me/accounts?access_token=`;
    expect((await rig.call('GET', accounts + user_token)).json.error.code).toBe(200);
    expect((await me(pageToken)).status).toBe(200);
    expect((await rig.call('GET', accounts + (await login({})).user_token)).status).toBe(200);
  });
});

describe("system users' tokens", () => {
  const renew = (token: string) =>
    rig.call(
      'GET',
      `/v25.0/oauth/access_token?grant_type=fb_exchange_token&client_id=${appId}&client_secret=${appSecret}&fb_exchange_token=${token}&set_token_expires_in_60_days=true`,
    );

  test('outlive the person, never expire, and name the client business', async () => {
    const system = await login({ system_user: true, lifetime: 'never' });
    expect(await debug(system.user_token)).toMatchObject({ type: 'SYSTEM_USER', expires_at: 0, is_valid: true });
    const self = (await rig.call('GET', `/v25.0/me?fields=client_business_id&access_token=${system.user_token}`)).json;
    expect(self).toMatchObject({ client_business_id: expect.stringMatching(/^\d+$/), id: system.user_id });
    await event({ type: 'password_change' });
    await rig.sim('POST', '/clock', { advance_seconds: 200 * 86_400 });
    expect((await me(system.user_token)).status).toBe(200);
    expect((await me(system.pages[0].page_access_token)).json.name).toBe('Blue Cup');
  });

  test('of sixty days are renewed for sixty more while they live; the old one keeps its date', async () => {
    const system = await login({ system_user: true, lifetime: 'long' });
    await rig.sim('POST', '/clock', { advance_seconds: 45 * 86_400 });
    const next = (await renew(system.user_token)).json;
    expect(next.expires_in).toBe(60 * 86_400);
    await rig.sim('POST', '/clock', { advance_seconds: 20 * 86_400 });
    expect((await me(system.user_token)).json.error.error_subcode).toBe(463);
    expect((await me(next.access_token)).status).toBe(200);
    expect((await renew(system.user_token)).json.error.error_subcode).toBe(463);
  });
});

describe('tokens that are none', () => {
  test('missing, badly placed, garbled, unknown', async () => {
    expect((await rig.call('GET', '/v25.0/me')).json.error.code).toBe(2500);
    const missing = await rig.call('GET', `/v25.0/${page.pageId}`);
    expect(missing.status).toBe(403);
    expect(missing.json.error.message).toBe('(#200) Provide valid app ID');
    expect((await rig.call('GET', `/v25.0/${page.pageId}`, undefined, { authorization: page.pageToken })).status).toBe(
      403,
    );
    expect(
      (await rig.call('GET', `/v25.0/${page.pageId}`, undefined, { authorization: `Bearer ${page.pageToken}` })).status,
    ).toBe(200);
    const garbled = await me('garbage');
    expect(garbled.json.error).toMatchObject({
      code: 190,
      message: 'Invalid OAuth access token - Cannot parse access token',
    });
    expect(garbled.json.error.error_subcode).toBeUndefined();
    expect((await me('EAAnobodyknowsthisone')).status).toBe(401);
  });

  test('debug_token: garbage has three keys, the app token its own shape, no app token is an error', async () => {
    expect(await debug('garbage')).toEqual({
      error: { code: 190, message: 'Invalid OAuth access token - Cannot parse access token' },
      is_valid: false,
      scopes: [],
    });
    expect(await debug(appToken)).toEqual({
      app_id: appId,
      type: 'APP',
      application: 'Pagekeeper',
      is_valid: true,
      scopes: [],
    });
    expect((await rig.call('GET', '/v25.0/debug_token?input_token=x')).json.error.code).toBe(100);
    const foreign = await login({ app_id: '999' });
    expect((await debug(foreign.user_token)).app_id).toBe('999');
    const ask = (token: string) => rig.call('GET', `/v25.0/debug_token?input_token=x&access_token=${token}`);
    expect((await ask(page.userToken)).json.error.code).toBe(100);
    await rig.sim('POST', '/people', { id: page.personId, name: 'Olga Owner', app_role: 'developer' });
    expect((await ask(page.userToken)).status).toBe(200);
  });
});

describe('appsecret_proof', () => {
  const ask = (query: string) => rig.call('GET', `/v25.0/me?access_token=${page.pageToken}${query}`);

  test('a wrong one is refused even when none is required', async () => {
    expect((await ask(`&appsecret_proof=${proofOf(appSecret, page.pageToken)}`)).status).toBe(200);
    const wrong = await ask(`&appsecret_proof=${proofOf(appSecret, page.userToken)}`);
    expect(wrong.json.error).toMatchObject({
      code: 100,
      type: 'GraphMethodException',
      message: 'Invalid appsecret_proof provided in the API argument',
    });
  });

  test('for another app’s token there is none', async () => {
    const { user_token } = await rig.sim('POST', `/people/${page.personId}/tokens`, { app_id: '999' });
    const mine = (query = '') => rig.call('GET', `/v25.0/me?access_token=${user_token}${query}`);
    expect((await mine(`&appsecret_proof=${proofOf(appSecret, user_token)}`)).json.error).toMatchObject({
      code: 100,
      message: 'Invalid appsecret_proof provided in the API argument',
    });
    expect((await mine()).status).toBe(200);
  });

  test('required, and timed for five minutes', async () => {
    await rig.sim('PATCH', '/app', { proof: 'required' });
    expect((await ask('')).json.error.message).toBe('API calls from the server require an appsecret_proof argument');
    const now = Math.floor(Date.now() / 1000);
    const timed = (time: number) =>
      ask(`&appsecret_proof=${proofOf(appSecret, page.pageToken, time)}&appsecret_time=${time}`);
    expect((await timed(now)).status).toBe(200);
    expect((await timed(now - 400)).json.error.code).toBe(100);
  });
});
