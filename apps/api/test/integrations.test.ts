import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { SimulatedPage } from '@pagekeeper/testing/network/simulator-control';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract, idsOf } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;
/** Every token that went in. */
const tokens = new Set<string>();

beforeAll(async () => {
  network = await startNetwork();
}, 60_000);

afterAll(() => network?.stop());

const inside = () => `${acme.path}/integrations`;
const ofBusiness = () => `${acme.path}/businesses/${acme.business.id}/integrations`;
const get = (id: string, query = '') => acme.owner.expect(200, acme.owner.get(`${inside()}/${id}${query}`));
const listed = async (path: string) => idsOf(await acme.owner.expect(200, acme.owner.get(path)));

/** A page's details as a customer gives them. */
function detailsOf(page: SimulatedPage) {
  tokens.add(page.userToken).add(page.page_access_token);
  return { page_id: page.page_id, access_token: page.userToken, page_access_token: page.page_access_token };
}

async function freshPage(): Promise<SimulatedPage> {
  return (await network.simulator.createPages(1))[0]!;
}

/** The guide's base integration, with what a test adds. */
const body = (more: object = {}) => ({ integration_type: 'FACEBOOK_PAGE', name: 'Main Facebook Page', ...more });
const create = (more: object = {}) => acme.owner.expect(201, acme.owner.post(ofBusiness(), body(more)));

/** The worker's checks come by themselves, on a machine that may be busy. */
const patience = { timeout: 15_000 };

/** What a check through the API finds. */
async function checked(id: string) {
  return (await acme.refresh(id)).integration;
}

describe('an integration', () => {
  beforeEach(async () => {
    acme = await network.tenant('acme');
  });

  it('is made as the guide does it, in one request, and its first check follows by itself', async () => {
    const page = await freshPage();
    const created = await create({
      config: { auto_reply: true, webhook_enabled: true },
      facebook_page: {
        ...detailsOf(page),
        page_name: 'My Business Page',
        page_category: 'E-commerce',
        page_url: 'https://facebook.com/mybusiness',
      },
    });
    expect(created).toEqual({
      id: expect.stringMatching(/^int_[0-9a-z]{26}$/),
      business_id: acme.business.id,
      integration_type: 'FACEBOOK_PAGE',
      name: 'Main Facebook Page',
      is_active: true,
      config: { auto_reply: true, webhook_enabled: true },
      facebook_page: {
        page_id: page.page_id,
        page_name: 'My Business Page',
        page_category: 'E-commerce',
        page_url: 'https://facebook.com/mybusiness',
        status: 'unverified',
        status_reason: null,
        status_since: expect.any(String),
        user_token_expires_at: null,
        next_check_at: expect.any(String),
        last_checked_at: null,
      },
      created_at: expect.any(String),
      updated_at: created.created_at,
    });
    await expect.poll(async () => (await get(created.id)).facebook_page.status, patience).toBe('healthy');
    const { facebook_page } = await get(created.id);
    // From now on it is called what Facebook calls it.
    expect(facebook_page).toMatchObject({ page_name: page.page_name, last_checked_at: expect.any(String) });
    expect(Date.parse(facebook_page.user_token_expires_at)).toBeGreaterThan(Date.now() + 50 * 86_400_000);
  });

  it('may come without a page, and gets it afterwards', async () => {
    const created = await create();
    expect(created).toMatchObject({ config: { auto_reply: false, webhook_enabled: true }, facebook_page: null });
    const refused = await acme.owner.expect(400, acme.owner.post(`${inside()}/${created.id}/refresh`));
    expect(refused.code).toBe('invalid_request');
    const page = await freshPage();
    const path = `${inside()}/${created.id}/facebook-page`;
    const replaced = await acme.owner.expect(200, acme.owner.put(path, detailsOf(page)));
    expect(replaced.facebook_page).toMatchObject({ page_id: page.page_id, status: 'unverified' });
    expect((await checked(created.id)).facebook_page).toMatchObject({ status: 'healthy', page_name: page.page_name });
  });

  it('takes config with defaults, changes only what a patch names, and takes a text back with null', async () => {
    const config = {
      auto_reply: true,
      message_reply: { text: '  Hi! {page_name} here. ' },
      comment_reply: { text: 'Thanks, {sender_name}!' },
    };
    const { id, ...created } = await create({ config });
    expect(created.config).toEqual({
      auto_reply: true,
      webhook_enabled: true,
      message_reply: { text: 'Hi! {page_name} here.' },
      comment_reply: { text: 'Thanks, {sender_name}!', visibility: 'public' },
    });
    const path = `${inside()}/${id}`;
    const patched = await acme.owner.expect(200, acme.owner.patch(path, { config: { auto_reply: false } }));
    expect(patched.config).toEqual({ ...created.config, auto_reply: false });
    const comment_reply = { text: 'Inside.', visibility: 'private' };
    const patch = { name: 'Renamed', config: { message_reply: null, comment_reply } };
    const other = await acme.owner.expect(200, acme.owner.patch(path, patch));
    expect(other.config).toEqual({ auto_reply: false, webhook_enabled: true, comment_reply });
    expect(other.name).toBe('Renamed');
    expect(await acme.owner.expect(200, acme.owner.patch(path, {}))).toEqual(other);
    expect(await acme.owner.expect(200, acme.owner.patch(path, { config: {} }))).toEqual(other);
    expect(await get(id)).toEqual(other);
  });

  it.each([
    [{ auto_reply: 'yes' }, '/config/auto_reply'],
    [{ auto_reply: null }, '/config/auto_reply'],
    [{ webhook_enabled: 1 }, '/config/webhook_enabled'],
    [{ access_token: 'x' }, '/config/access_token'],
    [{ message_reply: 'Hi' }, '/config/message_reply'],
    [{ message_reply: { text: '  ' } }, '/config/message_reply/text'],
    [{ message_reply: { text: 'x'.repeat(1_901) } }, '/config/message_reply/text'],
    [{ message_reply: { text: 'Hi', visibility: 'public' } }, '/config/message_reply/visibility'],
    [{ comment_reply: { text: 'Hi', visibility: 'secret' } }, '/config/comment_reply/visibility'],
    [[], '/config'],
    ['{}', '/config'],
  ])('is not made or changed with the config %j', async (config, pointer) => {
    const { id } = await create();
    const refusals = [
      acme.owner.post(ofBusiness(), body({ config })),
      acme.owner.patch(`${inside()}/${id}`, { config }),
    ];
    for (const refusal of refusals) {
      const { code, errors } = await acme.owner.expect(400, refusal);
      expect([code, errors[0].pointer]).toEqual(['invalid_request', pointer]);
    }
    expect((await get(id)).config).toEqual({ auto_reply: false, webhook_enabled: true });
  });

  it('has a config of 16 kB at most, which patches do not exceed piece by piece either', async () => {
    // Each of its letters takes two bytes.
    const text = 'ä'.repeat(1_900);
    const rules = (count: number) => Array.from({ length: count }, () => ({ when: { contains_any: ['x'] }, text }));
    const { id } = await create({ config: { rules: rules(4) } });
    const refusals = [
      acme.owner.post(ofBusiness(), body({ config: { rules: rules(5) } })),
      acme.owner.patch(`${inside()}/${id}`, { config: { rules: rules(5) } }),
      acme.owner.patch(`${inside()}/${id}`, { config: { message_reply: { text } } }),
    ];
    for (const refusal of refusals) {
      const { code, errors } = await acme.owner.expect(400, refusal);
      expect([code, errors[0].pointer, errors[0].detail]).toEqual([
        'invalid_request',
        '/config',
        'At most 16384 bytes as JSON in UTF-8, the whole config.',
      ]);
    }
    expect((await get(id)).config).toEqual({ auto_reply: false, webhook_enabled: true, rules: rules(4) });
    const config = { rules: rules(3), message_reply: { text } };
    await acme.owner.expect(200, acme.owner.patch(`${inside()}/${id}`, { config }));
  });

  it('is soft-deleted: hidden, shown when asked for, restored by id with a new check', async () => {
    const { id } = await acme.connectPage();
    await acme.owner.expect(204, acme.owner.delete(`${inside()}/${id}`));
    for (const path of [inside(), ofBusiness()]) {
      expect(await listed(path)).toEqual([]);
      expect(await listed(`${path}?active=false`)).toEqual([id]);
      expect(await listed(`${path}?active=any`)).toEqual([id]);
    }
    await acme.owner.expect(404, acme.owner.get(`${inside()}/${id}`));
    await acme.owner.expect(404, acme.owner.patch(`${inside()}/${id}`, { name: 'Other' }));
    await acme.owner.expect(404, acme.owner.post(`${inside()}/${id}/refresh`));
    await acme.owner.expect(404, acme.owner.delete(`${inside()}/${id}`));
    const hidden = await get(id, '?active=any');
    expect(hidden).toMatchObject({ is_active: false, facebook_page: { status: 'disconnected' } });
    const restored = await acme.owner.expect(200, acme.owner.post(`${inside()}/${id}/restore`));
    expect(restored).toMatchObject({ is_active: true, facebook_page: { status: 'unverified', status_reason: null } });
    expect((await checked(id)).facebook_page.status).toBe('healthy');
    await acme.owner.expect(404, acme.owner.get(`${inside()}/${id}?active=false`));
  });

  it('says what could not be restored', async () => {
    const { id, page } = await acme.connectPage();
    await acme.owner.expect(204, acme.owner.delete(`${inside()}/${id}`));
    await network.simulator.post(`/__sim/people/${page.personId}/events`, { type: 'password_change' });
    await acme.owner.expect(200, acme.owner.post(`${inside()}/${id}/restore`));
    expect((await checked(id)).facebook_page).toMatchObject({
      status: 'needs_reauth',
      status_reason: { code: expect.any(String), detail: expect.any(String), fix: expect.any(String) },
    });
  });
});

describe('a page', () => {
  beforeEach(async () => {
    acme = await network.tenant('acme');
  });

  it('is one integration’s in an organization, also for two who come at once', async () => {
    const page = await freshPage();
    const more = { facebook_page: detailsOf(page) };
    const both = await Promise.all([1, 2].map(() => acme.owner.post(ofBusiness(), body(more))));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect((await acme.owner.expect(409, acme.owner.post(ofBusiness(), body(more)))).code).toBe('page_taken');
    const other = await create();
    const put = () => acme.owner.put(`${inside()}/${other.id}/facebook-page`, detailsOf(page));
    expect((await acme.owner.expect(409, put())).code).toBe('page_taken');
    // A refused creation leaves nothing behind.
    expect(await listed(`${inside()}?active=any`)).toHaveLength(2);
    const holder = both.find(({ status }) => status === 201)!.body.id;
    await acme.owner.expect(204, acme.owner.delete(`${inside()}/${holder}`));
    await acme.owner.expect(200, put());
    const { code } = await acme.owner.expect(409, acme.owner.post(`${inside()}/${holder}/restore`));
    expect(code).toBe('page_taken');
  });

  it('keeps its details when only its tokens are replaced, and loses them when it is another page', async () => {
    const [first, second] = [await freshPage(), await freshPage()];
    const { id } = await create({ facebook_page: detailsOf(first) });
    const { page_name, page_category, page_url } = (await checked(id)).facebook_page;
    const details = { page_name, page_category, page_url };
    expect(page_name).toBe(first.page_name);
    const path = `${inside()}/${id}/facebook-page`;
    const [again] = await network.simulator.logIn(first.personId);
    const replaced = await acme.owner.expect(200, acme.owner.put(path, detailsOf(again!)));
    expect(replaced.facebook_page).toMatchObject({ ...details, status: 'unverified' });
    const moved = await acme.owner.expect(200, acme.owner.put(path, detailsOf(second)));
    expect(moved.facebook_page).toMatchObject({
      page_id: second.page_id,
      page_name: '',
      page_category: null,
      page_url: null,
    });
    expect((await checked(id)).facebook_page).toMatchObject({ status: 'healthy', page_name: second.page_name });
  });

  it('shares the login of pages that came with the same user token, until it is given another', async () => {
    const loginsOf = async ({ uuid }: Tenant) =>
      (
        await network.sql(
          `select count(p.id)::int as pages from facebook_logins l join facebook_page_integrations p on p.login_id = l.id
         where l.organization_id = $1 group by l.id order by pages`,
          [uuid],
        )
      ).map(({ pages }) => pages);
    const pages = await network.simulator.createPages(3);
    const ids: string[] = [];
    for (const page of pages) ids.push((await create({ facebook_page: detailsOf(page) })).id);
    expect(await loginsOf(acme)).toEqual([3]);
    for (const id of ids) expect((await checked(id)).facebook_page.status).toBe('healthy');
    const [fresh] = await network.simulator.logIn(pages[0]!.personId);
    await acme.owner.expect(200, acme.owner.put(`${inside()}/${ids[0]}/facebook-page`, detailsOf(fresh!)));
    expect(await loginsOf(acme)).toEqual([1, 2]);
    const rival = await network.tenant('rival');
    await rival.connectPage({ page: pages[1]! });
    expect(await loginsOf(rival)).toEqual([1]);
  });

  it('is checked once more when it was changed under a check that is waited for', async () => {
    const page = await freshPage();
    const { id } = await create({ facebook_page: detailsOf(page) });
    // The check that follows the creation is over then, and the next one is ours.
    await checked(id);
    await network.sql(`update facebook_page_integrations set status = 'unverified' where page_id = $1`, [page.page_id]);
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'debug_token', person_id: page.personId },
      fault: { type: 'latency', ms: 1_000 },
      times: 1,
    });
    const slow = checked(id);
    const hasBegun = async () => (await network.simulator.get('/__sim/faults')).data.every(({ hits }: any) => hits > 0);
    await expect.poll(hasBegun).toBe(true);
    await acme.owner.expect(200, acme.owner.patch(`${inside()}/${id}`, { config: { auto_reply: true } }));
    expect((await slow).facebook_page.status).toBe('healthy');
  });

  it('is refused while another tenant holds it, without a word of whom, and free when that one lets go', async () => {
    const page = await freshPage();
    const rival = await network.tenant('rival');
    const held = await rival.connectPage({ page });
    const [login] = await network.simulator.logIn(page.personId);
    const { id } = await create({ facebook_page: detailsOf(login!) });
    const refused = await checked(id);
    expect(refused.facebook_page).toMatchObject({
      status: 'unverified',
      status_reason: { code: 'page_unavailable', detail: expect.any(String), fix: expect.any(String) },
    });
    const told = JSON.stringify(refused);
    for (const secret of [rival.organization.id, rival.organization.slug, held.id, rival.uuid, 'rival']) {
      expect(told).not.toContain(secret);
    }
    expect(
      (await rival.owner.expect(200, rival.owner.get(`${rival.path}/integrations/${held.id}`))).facebook_page.status,
    ).toBe('healthy');
    await rival.owner.expect(204, rival.owner.delete(`${rival.path}/integrations/${held.id}`));
    expect((await checked(id)).facebook_page.status).toBe('healthy');
    await rival.owner.expect(200, rival.owner.post(`${rival.path}/integrations/${held.id}/restore`));
    const { integration } = await rival.refresh(held.id);
    expect(integration.facebook_page.status_reason.code).toBe('page_unavailable');
  });

  it.each([
    [{ page_id: 123 }, '/page_id'],
    [{ page_id: 'mybusiness' }, '/page_id'],
    [{ page_id: '١٢٣' }, '/page_id'],
    [{ page_id: '1'.repeat(33) }, '/page_id'],
    [{ access_token: '' }, '/access_token'],
    [{ access_token: 'two words' }, '/access_token'],
    [{ page_access_token: 'EAA\n' }, '/page_access_token'],
    [{ page_access_token: null }, '/page_access_token'],
    [{ page_url: 'javascript:alert(1)' }, '/page_url'],
    [{ page_url: 'facebook.com/x' }, '/page_url'],
    [{ page_name: 'x'.repeat(201) }, '/page_name'],
    [{ status: 'healthy' }, '/status'],
    [{ login_id: 'x' }, '/login_id'],
  ])('is not taken with %j', async (wrong, pointer) => {
    const details = {
      page_id: '123456789',
      access_token: 'EAAxxxxxxxxxxxx',
      page_access_token: 'EAAyyyyyyyyy',
      ...wrong,
    };
    const { id } = await create();
    const refused = await acme.owner.expect(400, acme.owner.put(`${inside()}/${id}/facebook-page`, details));
    expect(refused.errors[0].pointer).toBe(pointer);
    const nested = await acme.owner.expect(400, acme.owner.post(ofBusiness(), body({ facebook_page: details })));
    expect(nested.errors[0].pointer).toBe(`/facebook_page${pointer}`);
    expect(await listed(inside())).toEqual([id]);
  });
});

describe('a refresh', () => {
  beforeEach(async () => {
    acme = await network.tenant('acme');
  });

  it('is queued and answered 202, or waited for and answered 200 with the outcome', async () => {
    const { id } = await create({ facebook_page: detailsOf(await freshPage()) });
    const path = `${inside()}/${id}/refresh`;
    const waited = await acme.owner.expect(200, acme.owner.post(`${path}?wait=true`));
    expect(waited).toMatchObject({ outcome: 'checked', detail: null, integration: { id } });
    expect(waited.integration.facebook_page.status).toBe('healthy');
    const queued = await acme.owner.expect(202, acme.owner.post(path));
    expect(queued).toMatchObject({ outcome: 'queued', detail: null, integration: { id } });
    const before = waited.integration.facebook_page.last_checked_at;
    await expect.poll(async () => (await get(id)).facebook_page.last_checked_at, patience).not.toBe(before);
    await acme.owner.expect(202, acme.owner.post(`${path}?wait=false`));
    await acme.owner.expect(400, acme.owner.post(`${path}?wait=yes`));
  });

  it('tells of a call of ours that failed, and leaves the status as it was', async () => {
    const { id } = await acme.connectPage();
    await network.simulator.post('/__sim/faults', {
      match: { endpoint: 'debug_token' },
      fault: { type: 'error', http: 500, code: 2 },
    });
    const { outcome, integration } = await acme.refresh(id);
    await network.simulator.delete('/__sim/faults');
    expect(outcome).toBe('unreachable');
    expect(integration.facebook_page.status).toBe('healthy');
  });
});

describe('the lists', () => {
  it('are narrowed by business, type and status, and never by somebody else’s', async () => {
    acme = await network.tenant('acme');
    const healthy = await acme.connectPage();
    const bare = await create();
    const { owner, path, business } = acme;
    const second = await owner.expect(201, owner.post(`${path}/businesses`, { name: 'Second' }));
    const elsewhere = await owner.expect(201, owner.post(`${path}/businesses/second/integrations`, body()));
    expect(await listed(inside())).toEqual([elsewhere.id, bare.id, healthy.id]);
    expect(await listed(ofBusiness())).toEqual([bare.id, healthy.id]);
    expect(await listed(`${path}/businesses/second/integrations`)).toEqual([elsewhere.id]);
    expect(await listed(`${inside()}?business=${second.id}`)).toEqual([elsewhere.id]);
    expect(await listed(`${inside()}?business=${business.slug}&type=FACEBOOK_PAGE`)).toEqual([bare.id, healthy.id]);
    expect(await listed(`${inside()}?status=healthy`)).toEqual([healthy.id]);
    expect(await listed(`${ofBusiness()}?status=needs_reauth`)).toEqual([]);
    expect(await listed(`${inside()}?limit=1&active=any&status=healthy`)).toEqual([healthy.id]);
    await owner.expect(404, owner.get(`${inside()}?business=no-such`));
    for (const wrong of ['status=fine', 'type=INSTAGRAM', 'status=', `business=${'x'.repeat(101)}`, 'business=%00']) {
      await owner.expect(400, owner.get(`${inside()}?${wrong}`));
    }
    await owner.expect(400, owner.get(`${ofBusiness()}?business=${business.id}`));
  });
});

describe('tokens', () => {
  it('went in and came out nowhere: no answer, no log line, no row, no job', async () => {
    expect(tokens.size).toBeGreaterThan(10);
    // As text, bytes are hex.
    const [{ dump }] = (await network.sql(
      `select string_agg(query_to_xml(format('select t::text from %s t', c.oid::regclass), true, false, '')::text, '') as dump
       from pg_class c where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('public', 'auth', 'bullmq', 'partitions')`,
    )) as [{ dump: string }];
    expect(dump).toContain('integration.created');
    const said = [dump, ...network.output, ...network.answers].join('\n');
    for (const token of tokens) {
      for (const form of [token, hex(token)]) expect(said).not.toContain(form);
    }
  });

  const hex = (token: string) => Buffer.from(token).toString('hex');
});
