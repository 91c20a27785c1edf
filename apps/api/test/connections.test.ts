import { sweepConnectionsJob } from '@pagekeeper/domain/jobs';
import { begin, connectThrough, decide, personWithPages, pick } from '@pagekeeper/testing/network/dialog';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract } from './contract.ts';
import { elsewhere } from './people.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  network = await startNetwork();
}, 60_000);

afterAll(() => network?.stop());

beforeEach(async () => {
  acme = await network.tenant('acme');
});

afterEach(async () => {
  await network.moveClock(0);
  await network.simulator.delete('/__sim/faults');
  await network.simulator.patch('/__sim/app', { mode: 'live' });
});

const integrationsOf = async ({ owner, path }: Tenant) =>
  (await owner.expect(200, owner.get(`${path}/integrations`))).data;

describe('connecting pages', () => {
  it('goes through the dialog, shows what was found, and connects several pages in one go', async () => {
    const { id: personId, pageIds } = await personWithPages(network, [{ name: 'Blue Cup' }, { name: 'Red Cup' }]);
    const { id, page, shown } = await connectThrough(acme, { personId });
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain('Facebook shows 2 pages; all can be connected.');
    expect(shown).toMatchObject({ state: 'ready', reason: null, missing_permissions: [], pages_total: 2 });
    expect(shown.pages.map((found: any) => [found.page_name, found.integration_id, found.reason])).toEqual([
      ['Blue Cup', null, null],
      ['Red Cup', null, null],
    ]);
    const connected = await pick(acme, id, pageIds);
    expect(connected.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['connected', null],
      ['connected', null],
    ]);
    for (const { integration, page_name } of connected) {
      expect(integration).toMatchObject({ name: page_name, is_active: true, business_id: acme.business.id });
      expect(integration.facebook_page).toMatchObject({ status: 'healthy', status_reason: null, page_name });
      expect(integration.facebook_page.user_token_expires_at).not.toBeNull();
    }
    for (const pageId of pageIds) {
      const { subscribed_fields } = await network.simulator.get(`/__sim/pages/${pageId}`);
      expect(subscribed_fields).toContain('messages');
    }
    const again = await acme.owner.expect(200, acme.owner.get(`${acme.path}/facebook/connections/${id}`));
    expect(again.pages.map((found: any) => found.integration_id)).toEqual(
      connected.map(({ integration }) => integration.id),
    );
  });

  it('answers a page that nobody granted, beside one that works, each with its own outcome', async () => {
    const { id: personId, pageIds } = await personWithPages(network);
    const { id } = await connectThrough(acme, { personId });
    const [good, unknown] = await pick(acme, id, [pageIds[0]!, '999']);
    expect(good.outcome).toBe('connected');
    expect(unknown).toMatchObject({
      page_id: '999',
      page_name: null,
      outcome: 'refused',
      integration: null,
      reason: { code: 'page_not_granted' },
    });
  });

  it('says which task is missing, page by page, and connects the others', async () => {
    const { id: personId, pageIds } = await personWithPages(network, [
      { name: 'Mine' },
      { name: 'Numbers Only', tasks: ['ANALYZE'] },
    ]);
    const { id, shown } = await connectThrough(acme, { personId });
    const [mine, numbers] = shown.pages;
    expect([shown.state, mine.reason]).toEqual(['ready', null]);
    expect(['task_missing', 'no_page_token']).toContain(numbers.reason.code);
    const picked = await pick(acme, id, pageIds);
    expect(picked.map(({ outcome }) => outcome)).toEqual(['connected', 'refused']);
    expect(picked[1].reason.fix).toMatch(/admin of the page/i);
  });

  it('of a business that was deactivated are none: the connection is a 404, and nothing is half done', async () => {
    const { id: personId, pageIds } = await personWithPages(network, [{ name: 'Blue Cup' }, { name: 'Red Cup' }]);
    const { id } = await connectThrough(acme, { personId });
    const { owner, path, business } = acme;
    await owner.expect(204, owner.delete(`${path}/businesses/${business.id}`));
    const connection = `${path}/facebook/connections/${id}`;
    const gone = await owner.expect(404, owner.get(connection));
    const unknown = await owner.expect(404, owner.get(`${path}/facebook/connections/x`));
    expect(gone.detail).toBe(unknown.detail);
    await owner.expect(404, owner.post(`${connection}/pages`, { page_ids: pageIds }));
    expect(await network.sql('select from integrations where organization_id = $1', [acme.uuid])).toEqual([]);
  });

  it('refuses each page, and says why, when the business is deactivated while they are proved', async () => {
    const { id: personId, pageIds } = await personWithPages(network, [{ name: 'Blue Cup' }, { name: 'Red Cup' }]);
    const { id } = await connectThrough(acme, { personId });
    const slow = { match: { endpoint: 'debug_token' }, fault: { type: 'latency', ms: 3_000 } };
    await network.simulator.post('/__sim/faults', slow);
    const picked = pick(acme, id, pageIds);
    const { owner, path, business } = acme;
    const hits = async () => (await network.simulator.get('/__sim/faults')).data[0].hits;
    await expect.poll(hits).toBeGreaterThan(0);
    await owner.expect(204, owner.delete(`${path}/businesses/${business.id}`));
    expect((await picked).map(({ outcome, reason }) => [outcome, reason.code])).toEqual([
      ['refused', 'deactivated'],
      ['refused', 'deactivated'],
    ]);
  });

  it('reconnects in place: the same integration with its config and history, and healthy again', async () => {
    const { id: personId, pageIds } = await personWithPages(network);
    const first = await connectThrough(acme, { personId });
    const [{ integration }] = await pick(acme, first.id, pageIds);
    const path = `${acme.path}/integrations/${integration.id}`;
    await acme.owner.expect(200, acme.owner.patch(path, { name: 'Renamed', config: { auto_reply: true } }));
    await network.simulator.post(`/__sim/people/${personId}/events`, { type: 'password_change' });
    expect((await acme.refresh(integration.id)).integration.facebook_page.status).toBe('needs_reauth');
    const begun = await begin(acme, { reconnect: integration.id });
    expect(new URL(begun.authorize_url).searchParams.get('auth_type')).toBe('reauthorize');
    await acme.owner.expect(200, acme.owner.get(await decide(begun.authorize_url, { personId })).then(htmlOnly));
    const [again] = await pick(acme, begun.id, pageIds);
    expect(again).toMatchObject({ outcome: 'reconnected', taken_over: false, reason: null });
    expect(again.integration).toMatchObject({ id: integration.id, name: 'Renamed', config: { auto_reply: true } });
    expect(again.integration.facebook_page.status).toBe('healthy');
    expect(await integrationsOf(acme)).toHaveLength(1);
    // The login that it had is not kept.
    const logins = await network.sql('select from facebook_logins where organization_id = $1 and expires_at is null', [
      acme.uuid,
    ]);
    expect(logins).toHaveLength(0);
  });

  it('makes another version of an integration that others have read before', async () => {
    const { id: personId, pageIds } = await personWithPages(network);
    const { id } = await connectThrough(acme, { personId });
    const [{ integration }] = await pick(acme, id, pageIds);
    const path = `${acme.path}/integrations/${integration.id}`;
    const { headers } = await acme.owner.get(path);
    await pick(acme, id, pageIds);
    const details = { page_id: pageIds[0], access_token: 'old', page_access_token: 'old' };
    const late = await acme.owner.put(`${path}/facebook-page`, details, { 'If-Match': headers.etag! });
    expect([late.status, late.body.code]).toEqual([412, 'stale_version']);
  });

  it('answers a repeated request as it was answered, also when the connection is over', async () => {
    const { id: personId, pageIds } = await personWithPages(network);
    const { id } = await connectThrough(acme, { personId });
    const post = (page_ids: string[], key: string) =>
      acme.owner.post(`${acme.path}/facebook/connections/${id}/pages`, { page_ids }, { 'Idempotency-Key': key });
    const connected = await post(pageIds, 'connected');
    const refused = await post(['999'], 'refused');
    expect([connected, refused].map(({ status, body }) => [status, body.pages[0].outcome])).toEqual([
      [201, 'connected'],
      [201, 'refused'],
    ]);
    await network.moveClock(2);
    expect((await post(pageIds, 'new')).body.code).toBe('connection_not_ready');
    for (const [again, { text }] of [
      [await post(pageIds, 'connected'), connected],
      [await post(['999'], 'refused'), refused],
    ] as const) {
      expect([again.status, again.headers['idempotent-replayed'], again.text]).toEqual([201, 'true', text]);
    }
  });

  it('connects a page anew whose business was deactivated, in another business', async () => {
    const { id: personId, pageIds } = await personWithPages(network);
    const first = await connectThrough(acme, { personId });
    const [before] = await pick(acme, first.id, pageIds);
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/businesses/${acme.business.id}`));
    const business = await acme.owner.expect(201, acme.owner.post(`${acme.path}/businesses`, { name: 'Second Shop' }));
    const second = new Tenant(network, acme, acme.organization, business);
    const { id, shown } = await connectThrough(second, { personId });
    expect(shown.pages).toMatchObject([{ integration_id: null, reason: null }]);
    const [after] = await pick(second, id, pageIds);
    expect(after).toMatchObject({ outcome: 'connected', reason: null, integration: { business_id: business.id } });
    expect(after.integration.id).not.toBe(before.integration.id);
  });

  it('connects the page of an integration that was made without one', async () => {
    const made = await acme.owner.expect(
      201,
      acme.owner.post(`${acme.path}/businesses/${acme.business.id}/integrations`, {
        integration_type: 'FACEBOOK_PAGE',
        name: 'Main Facebook Page',
      }),
    );
    const { id: personId, pageIds } = await personWithPages(network);
    const { id } = await connectThrough(acme, { personId }, { reconnect: made.id });
    const [connected] = await pick(acme, id, pageIds);
    expect(connected.integration).toMatchObject({ id: made.id, name: 'Main Facebook Page' });
    expect(connected.integration.facebook_page.status).toBe('healthy');
  });

  it('opens the page picker again for more pages, and asks again for a permission that is missing', async () => {
    const authType = async (body: object) =>
      new URL((await begin(acme, body)).authorize_url).searchParams.get('auth_type');
    expect(await authType({})).toBeNull();
    expect(await authType({ ask_again: 'permissions' })).toBe('rerequest');
    const connected = await acme.connectPage();
    expect(await authType({})).toBe('reauthorize');
    expect(await authType({ reconnect: connected.id })).toBe('reauthorize');
    const { personId } = connected.page;
    const event = { type: 'permission_removed', scope: 'pages_manage_engagement' };
    await network.simulator.post(`/__sim/people/${personId}/events`, event);
    expect((await acme.refresh(connected.id)).integration.facebook_page.status).toBe('needs_permission');
    expect(await authType({ reconnect: connected.id })).toBe('rerequest');
  });
});

const htmlOnly = (answer: any) => {
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  return answer;
};

const scopes = () => [
  'pages_show_list',
  'pages_manage_metadata',
  'pages_messaging',
  'pages_read_engagement',
  'pages_read_user_content',
  'pages_manage_engagement',
  'business_management',
];

describe('what goes wrong at Facebook is told with its fix', () => {
  /** What came of it: on the page, and through the API. */
  async function outcome(choice: Parameters<typeof decide>[1]) {
    const { page, shown, id } = await connectThrough(acme, choice);
    expect(page.status).toBe(200);
    if (shown.reason) expect(page.text).toContain(shown.reason.detail.split(/['’"&]/)[0]);
    return { id, state: shown.state, code: shown.reason?.code ?? null, shown };
  }

  it('a denial', async () => {
    const { id: personId } = await personWithPages(network);
    expect(await outcome({ personId, decision: 'deny' })).toMatchObject({ state: 'failed', code: 'denied' });
    expect(await integrationsOf(acme)).toEqual([]);
  });

  it('an app that is not live yet, whose dialog looks like a denial', async () => {
    await network.simulator.patch('/__sim/app', { mode: 'development' });
    const { id: personId } = await personWithPages(network);
    const { code, shown } = await outcome({ personId });
    expect(code).toBe('denied');
    expect(shown.reason.fix).toMatch(/not be live/);
  });

  it('neither a code nor an error', async () => {
    const { id: personId } = await personWithPages(network);
    expect(await outcome({ personId, decision: 'nothing' })).toMatchObject({ state: 'failed', code: 'no_answer' });
  });

  it('a permission that was not granted: nothing is connected, and it is asked for again', async () => {
    const { id: personId, pageIds } = await personWithPages(network);
    const granted = scopes().filter(scope => scope !== 'pages_messaging');
    const { id, code, shown } = await outcome({ personId, scopes: granted, pageIds });
    expect([code, shown.missing_permissions]).toEqual(['permission_missing', ['pages_messaging']]);
    expect(shown.reason.fix).toContain('"permissions"');
    const path = `${acme.path}/facebook/connections/${id}/pages`;
    const refused = await acme.owner.expect(409, acme.owner.post(path, { page_ids: pageIds }));
    expect(refused).toMatchObject({ code: 'connection_not_ready', detail: expect.stringContaining('pages_messaging') });
    const begun = await begin(acme, { ask_again: 'permissions' });
    await acme.owner.get(await decide(begun.authorize_url, { personId }));
    expect((await pick(acme, begun.id, pageIds))[0].integration.facebook_page.status).toBe('healthy');
  });

  it('no list of pages for want of its permission', async () => {
    const { id: personId, pageIds } = await personWithPages(network);
    const granted = scopes().filter(scope => scope !== 'pages_show_list');
    expect(await outcome({ personId, scopes: granted, pageIds })).toMatchObject({ code: 'permission_missing' });
  });

  it('no page chosen, and nobody who has any', async () => {
    const { id: personId } = await personWithPages(network);
    expect(await outcome({ personId, scopes: scopes(), pageIds: [] })).toMatchObject({ code: 'no_pages' });
    const nobody = await network.simulator.post('/__sim/people', { name: 'Nick Nothing' });
    expect(await outcome({ personId: nobody.id })).toMatchObject({ state: 'failed', code: 'no_pages' });
  });

  it('a login without the page that is to work again', async () => {
    const first = await acme.connectPage();
    const { id: personId } = await personWithPages(network);
    const { shown, page } = await connectThrough(acme, { personId }, { reconnect: first.id });
    expect(shown).toMatchObject({ state: 'ready', reason: { code: 'page_missing' }, reconnect: first.id });
    expect(page.text).toContain('not among those');
  });

  it.each([
    [36007, 'code_expired'],
    [36008, 'redirect_mismatch'],
    [36009, 'code_used'],
  ])('a code that is refused with 100/%i: %s', async (subcode, code) => {
    const { id: personId } = await personWithPages(network);
    const fault = { type: 'error', http: 400, code: 100, subcode, message: 'Refused.' };
    await network.simulator.post('/__sim/faults', { match: { endpoint: 'access_token' }, fault });
    expect(await outcome({ personId })).toMatchObject({ state: 'failed', code });
  });

  it('a code that was used before, by Facebook’s own word', async () => {
    const { id: personId } = await personWithPages(network);
    const begun = await begin(acme);
    const back = new URL(await decide(begun.authorize_url, { personId }), network.apiUrl);
    await acme.owner.get(`${back.pathname}${back.search}`);
    const other = await begin(acme);
    back.searchParams.set('state', new URL(other.authorize_url).searchParams.get('state')!);
    await acme.owner.get(`${back.pathname}${back.search}`);
    const shown = await acme.owner.expect(200, acme.owner.get(`${acme.path}/facebook/connections/${other.id}`));
    expect(shown).toMatchObject({ state: 'failed', reason: { code: 'code_used' } });
  });

  it.each([[{ type: 'html', http: 502 }], [{ type: 'reset' }], [{ type: 'error', http: 500, code: 2 }]])(
    'Facebook away: %j',
    async fault => {
      const { id: personId } = await personWithPages(network);
      await network.simulator.post('/__sim/faults', { match: { endpoint: 'access_token' }, fault });
      expect(await outcome({ personId })).toMatchObject({ state: 'failed', code: 'facebook_unreachable' });
    },
  );

  it('Facebook away when the pages are picked: nothing is connected, and the same request works later', async () => {
    const { id: personId, pageIds } = await personWithPages(network);
    const { id } = await outcome({ personId });
    await network.simulator.post('/__sim/faults', { match: { endpoint: 'accounts' }, fault: { type: 'reset' } });
    const path = `${acme.path}/facebook/connections/${id}/pages`;
    const request = () => acme.owner.post(path, { page_ids: pageIds }, { 'Idempotency-Key': 'pick' });
    expect((await acme.owner.expect(503, request())).code).toBe('unavailable');
    expect(await integrationsOf(acme)).toEqual([]);
    await network.simulator.delete('/__sim/faults');
    const { pages } = await acme.owner.expect(201, request());
    expect(pages[0].outcome).toBe('connected');
    const replayed = await request();
    expect([replayed.headers['idempotent-replayed'], replayed.body.pages[0].outcome]).toEqual(['true', 'connected']);
    expect(await integrationsOf(acme)).toHaveLength(1);
  });

  it('a login that died before the pages were picked', async () => {
    const { id: personId, pageIds } = await personWithPages(network);
    const { id } = await outcome({ personId });
    await network.simulator.post(`/__sim/people/${personId}/events`, { type: 'password_change' });
    const path = `${acme.path}/facebook/connections/${id}/pages`;
    const refused = await acme.owner.expect(409, acme.owner.post(path, { page_ids: pageIds }));
    expect(refused.code).toBe('connection_not_ready');
  });
});

describe('a state', () => {
  it.each<[name: string, status: number, back: () => Promise<[string, Tenant['owner']]>]>([
    ['that nobody began', 404, async () => [`?code=x&state=${acme.organization.id}.${'x'.repeat(43)}`, acme.owner]],
    ['that is none', 404, async () => ['?code=x&state=nonsense', acme.owner]],
    ['that is missing', 404, async () => ['?code=x', acme.owner]],
    ['that comes twice', 404, async () => ['?code=x&state=a&state=b', acme.owner]],
    ['with a NUL in it', 404, async () => ['?code=x&state=%00', acme.owner]],
    ['of another member', 403, async () => [await answered(), acme.admin]],
    [
      'of the same person in another session',
      403,
      async () => [await answered(), await elsewhere(network, acme.owner)],
    ],
    ['of another organization', 404, async () => [await answered(), (await network.tenant('rival')).owner]],
    ['without a session', 401, async () => [await answered(), network.anonymous]],
    [
      'used before',
      409,
      async () => {
        const back = await answered();
        await acme.owner.get(`/facebook/oauth/callback${back}`);
        return [back, acme.owner];
      },
    ],
    [
      'that is too old',
      410,
      async () => {
        const back = await answered();
        await network.moveClock(0.75);
        return [back, acme.owner];
      },
    ],
    [
      'of who became a MEMBER meanwhile',
      403,
      async () => {
        const { id: personId } = await personWithPages(network);
        const { authorize_url } = await begin(acme, {}, acme.admin);
        const back = new URL(await decide(authorize_url, { personId }), network.apiUrl).search;
        await network.sql(
          `update organization_memberships set role = 'MEMBER' where organization_id = $1 and user_id = $2`,
          [acme.uuid, acme.admin.userId],
        );
        return [back, acme.admin];
      },
    ],
  ])('%s is refused with %i, on a page, and nothing comes of it', async (_, status, back) => {
    const [query, persona] = await back();
    const { data: before } = await exchanges();
    const answer = await persona.get(`/facebook/oauth/callback${query}`);
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
    expect(answer.text).not.toContain('Almost there');
    expect(answer.text).not.toContain(acme.organization.slug);
    // Nobody is left standing there.
    expect(answer.text).toContain(status === 401 ? '<a href="/sign-in">' : '<a href="/">');
    const { data: after } = await exchanges();
    expect(after.length).toBe(before.length);
    expect(await integrationsOf(acme)).toEqual([]);
  });

  const exchanges = () => network.simulator.get('/__sim/ledger?type=call&endpoint=access_token&limit=1000');

  async function answered(): Promise<string> {
    const { id: personId } = await personWithPages(network);
    const { authorize_url } = await begin(acme);
    return new URL(await decide(authorize_url, { personId }), network.apiUrl).search;
  }

  it('that came back to the wrong browser still works in the right one', async () => {
    const back = await answered();
    expect((await acme.admin.get(`/facebook/oauth/callback${back}`)).status).toBe(403);
    const right = await acme.owner.get(`/facebook/oauth/callback${back}`);
    expect([right.status, right.text]).toEqual([200, expect.stringContaining('Almost there')]);
  });

  it('is taken once, however often it comes at once', async () => {
    const back = await answered();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => acme.owner.get(`/facebook/oauth/callback${back}`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    const late = answers.find(({ status }) => status === 409)!;
    expect(late.text).toContain('This login is done already');
  });

  it('is kept as a hash, and comes out nowhere but in the address of the dialog', async () => {
    const { id: personId } = await personWithPages(network);
    const begun = await begin(acme);
    const state = new URL(begun.authorize_url).searchParams.get('state')!;
    expect(state.length).toBeGreaterThan(60);
    await acme.owner.get(await decide(begun.authorize_url, { personId }));
    const rows = await network.sql('select c::text as text from facebook_connections c where organization_id = $1', [
      acme.uuid,
    ]);
    expect(JSON.stringify(rows)).not.toContain(state.split('.')[1]);
    expect(network.output.join('\n')).not.toContain(state.split('.')[1]);
  });

  it('needs a person: an API key begins nothing', async () => {
    const headers = { Authorization: `Bearer pgk_live_${'x'.repeat(43)}` };
    const path = `${acme.path}/businesses/${acme.business.id}/facebook/connections`;
    expect((await network.anonymous.post(path, {}, headers)).status).toBe(401);
  });
});

describe('the page that says what came of it', () => {
  it('runs no script, loads nothing, and cannot be framed or kept', async () => {
    const { id: personId } = await personWithPages(network, [{ name: '<script>alert(1)</script>' }]);
    const { page } = await connectThrough(acme, { personId });
    const policy = page.headers['content-security-policy']!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|script-src|http/);
    expect(page.text).not.toMatch(/<script|style=|onload=|src=/);
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  });
});

describe('a connection that nobody finished', () => {
  it('is expired after an hour, and forgotten with its token after another', async () => {
    const { id: personId, pageIds } = await personWithPages(network);
    const { id } = await connectThrough(acme, { personId });
    await network.moveClock(1.25);
    const path = `${acme.path}/facebook/connections/${id}`;
    expect((await acme.owner.expect(200, acme.owner.get(path))).state).toBe('expired');
    await acme.owner.expect(409, acme.owner.post(`${path}/pages`, { page_ids: pageIds }));
    await network.moveClock(2.5);
    await network.services.queue.enqueue(sweepConnectionsJob, {});
    await network.settle();
    await acme.owner.expect(404, acme.owner.get(path));
    expect(await network.sql('select from facebook_logins where organization_id = $1', [acme.uuid])).toHaveLength(0);
  });
});
