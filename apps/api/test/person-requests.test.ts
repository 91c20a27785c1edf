import { connectThrough, pick } from '@pagekeeper/testing/network/dialog';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  network = await startNetwork();
  await network.simulator.patch('/__sim/app', {
    deauthorize_url: `${network.apiUrl}/facebook/deauthorize`,
    data_deletion_url: `${network.apiUrl}/facebook/data-deletion`,
  });
}, 60_000);

afterAll(() => network?.stop());

beforeEach(async () => {
  acme = await network.tenant('acme');
});

const callback = (personId: string, kind: string, mode = 'ok') =>
  network.simulator.post(`/__sim/people/${personId}/callbacks`, { kind, mode });

const pageOf = async ({ owner, path }: Tenant, id: string) =>
  (await owner.expect(200, owner.get(`${path}/integrations/${id}`))).facebook_page;

const changes = async (tenant: Tenant) =>
  (
    await network.sql(
      `select changes -> 'status' ->> 'to' as status from audit_events
       where organization_id = $1 and action = 'integration.status_changed' order by created_at, id`,
      [tenant.uuid],
    )
  ).map(({ status }) => status);

const dead = { status: 'needs_reauth', status_reason: { code: 'app_removed' } };

describe('a person who removes the app', () => {
  const inOneOrder: [string, (connected: ConnectedPage) => Promise<unknown>][] = [
    [
      'Facebook’s callback comes first, before any call fails',
      async ({ page }) => await callback(page.personId, 'deauthorize'),
    ],
    [
      'the first refused call comes first, then the callback',
      async ({ page, id }) => {
        const event = { type: 'deauthorize', callback_after_seconds: 86_400 };
        await network.simulator.post(`/__sim/people/${page.personId}/events`, event);
        expect((await acme.refresh(id)).integration.facebook_page).toMatchObject(dead);
        await callback(page.personId, 'deauthorize');
      },
    ],
    [
      'the callback comes three times',
      async ({ page }) => {
        for (let times = 0; times < 3; times += 1) {
          expect((await callback(page.personId, 'deauthorize')).callback_status).toBe(200);
        }
      },
    ],
  ];

  it.each(inOneOrder)('has left every organization, and each is told once: %s', async (_, happen) => {
    const rival = await network.tenant('rival');
    const held = await acme.connectPage();
    const second = { id: held.page.personId, name: 'Paula Page', pages: [{ name: 'Second' }] };
    const person = await network.simulator.post('/__sim/people', second);
    const page = (await network.simulator.logIn(held.page.personId)).find(({ page_name }) => page_name === 'Second')!;
    expect(person.pages).toHaveLength(1);
    const other = await rival.connectPage({ page });
    expect(other.integration.facebook_page.status).toBe('healthy');
    await happen(held);
    await network.settle();
    expect(await pageOf(acme, held.id)).toMatchObject(dead);
    expect(await pageOf(rival, other.id)).toMatchObject(dead);
    for (const tenant of [acme, rival]) expect(await changes(tenant)).toEqual(['healthy', 'needs_reauth']);
  });

  it('is asked of Facebook no more, until they connect again', async () => {
    const held = await acme.connectPage();
    const { personId, page_id } = held.page;
    await network.simulator.post(`/__sim/people/${personId}/events`, { type: 'deauthorize' });
    await network.settle();
    const calls = async () => (await network.simulator.get('/__sim/ledger?type=call&limit=1000')).data.length;
    const before = await calls();
    expect((await acme.refresh(held.id)).integration.facebook_page).toMatchObject(dead);
    expect(await calls()).toBe(before);
    const { id } = await connectThrough(acme, { personId }, { reconnect: held.id });
    const [again] = await pick(acme, id, [page_id]);
    expect([again.outcome, again.integration.facebook_page.status]).toEqual(['reconnected', 'healthy']);
  });

  it('has not removed it again when an old callback comes late', async () => {
    const held = await acme.connectPage();
    await network.sql(
      `update facebook_logins set created_at = created_at + interval '1 hour' where organization_id = $1`,
      [acme.uuid],
    );
    expect((await callback(held.page.personId, 'deauthorize')).callback_status).toBe(200);
    await network.settle();
    expect((await pageOf(acme, held.id)).status).toBe('healthy');
  });
});

describe('a person who wants their data deleted', () => {
  it('is known by their pages’ tokens where their own was dead from the start', async () => {
    const [page] = await network.simulator.createPages();
    const held = await acme.connectPage({ page: { ...page!, userToken: 'EAAB1234567890abcdefghij' } });
    expect(held.integration.facebook_page.status_reason.code).toBe('login_ended');
    await callback(page!.personId, 'data_deletion');
    const tokens = await network.sql(
      `select length(l.access_token) as login, length(p.page_access_token) as page from facebook_logins l
       join facebook_page_integrations p on p.login_id = l.id where l.organization_id = $1`,
      [acme.uuid],
    );
    expect(tokens).toEqual([{ login: 0, page: 0 }]);
  });

  it('is known by the first check of a login that waited for it while they asked', async () => {
    const [page] = await network.simulator.createPages();
    await network.sql(
      `insert into app_pauses (app_id, until, reason) values ('257000000000001', app.now() + interval '1 hour', 'Wait.')`,
    );
    const held = await acme.connectPage({ page: page! });
    expect(held.integration.facebook_page.status).toBe('unverified');
    await callback(page!.personId, 'data_deletion');
    await network.sql('delete from app_pauses');
    await acme.refresh(held.id);
    await network.settle();
    const tokens = await network.sql(
      `select length(l.access_token) as login, length(p.page_access_token) as page from facebook_logins l
       join facebook_page_integrations p on p.login_id = l.id where l.organization_id = $1`,
      [acme.uuid],
    );
    expect(tokens).toEqual([{ login: 0, page: 0 }]);
    expect(await pageOf(acme, held.id)).toMatchObject(dead);
    // Who comes back is somebody new.
    const { id } = await connectThrough(acme, { personId: page!.personId }, { reconnect: held.id });
    expect((await pick(acme, id, [page!.page_id]))[0].integration.facebook_page.status).toBe('healthy');
    expect((await acme.refresh(held.id)).integration.facebook_page.status).toBe('healthy');
  });

  it('gets a code and an address that says when it was done; their tokens are gone everywhere', async () => {
    const held = await acme.connectPage();
    const { callback_status, url, confirmation_code } = await callback(held.page.personId, 'data_deletion');
    expect([callback_status, new URL(url).origin]).toEqual([200, network.apiUrl]);
    expect(confirmation_code).toMatch(/^[\w-]{24}$/);
    const page = await network.anonymous.get(new URL(url).pathname);
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('Your data is deleted')]);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    const lines = () => network.output.filter(line => line.includes('a data deletion was done'));
    await expect.poll(lines, { timeout: 10_000 }).toContainEqual(expect.stringContaining(confirmation_code));
    const tokens = await network.sql(
      `select l.access_token, p.page_access_token from facebook_logins l
       join facebook_page_integrations p on p.organization_id = l.organization_id and p.login_id = l.id
       where l.organization_id = $1`,
      [acme.uuid],
    );
    expect(tokens.map(row => [row.access_token.length, row.page_access_token.length])).toEqual([[0, 0]]);
    await network.settle();
    expect(await pageOf(acme, held.id)).toMatchObject(dead);
    // Nothing with these tokens breaks afterwards.
    expect((await acme.refresh(held.id)).integration.facebook_page).toMatchObject(dead);
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${held.id}`));
    await network.settle();
  });

  it('may have removed the app before or after, and may ask again', async () => {
    const held = await acme.connectPage();
    const { personId, page_id } = held.page;
    for (const kind of ['deauthorize', 'data_deletion', 'deauthorize', 'data_deletion']) {
      expect((await callback(personId, kind)).callback_status, kind).toBe(200);
    }
    await network.settle();
    expect(await changes(acme)).toEqual(['healthy', 'needs_reauth']);
    const { id } = await connectThrough(acme, { personId }, { reconnect: held.id });
    expect((await pick(acme, id, [page_id]))[0].integration.facebook_page.status).toBe('healthy');
  });

  it('who never connected anything gets a code too: nobody learns who has', async () => {
    const person = await network.simulator.post('/__sim/people', { name: 'Nobody' });
    const { callback_status, url } = await callback(person.id, 'data_deletion');
    expect(callback_status).toBe(200);
    expect((await network.anonymous.get(new URL(url).pathname)).status).toBe(200);
  });

  it.each(['x', 'x'.repeat(24), '%00', '..%2f..%2fetc'])('finds nothing under the code %s', async code => {
    const { status, text } = await network.anonymous.get(`/facebook/data-deletion/${code}`);
    expect([status, text.includes('No such request')]).toEqual([404, true]);
  });
});

describe('a request that Facebook did not sign', () => {
  it.each(['bad_signature', 'altered', 'other_algorithm', 'old_secret'])(
    '%s is refused and changes nothing',
    async mode => {
      const held = await acme.connectPage();
      for (const kind of ['deauthorize', 'data_deletion']) {
        expect((await callback(held.page.personId, kind, mode)).callback_status).toBe(400);
      }
      await network.settle();
      expect((await pageOf(acme, held.id)).status).toBe('healthy');
    },
  );

  it.each<[string, string, number]>([
    ['application/x-www-form-urlencoded', '', 400],
    ['application/x-www-form-urlencoded', 'signed_request=', 400],
    ['application/x-www-form-urlencoded', 'signed_request=a.b&signed_request=c.d', 400],
    ['application/x-www-form-urlencoded', `signed_request=${'x'.repeat(40_000)}`, 413],
    ['application/json', '{"signed_request":"a.b"}', 400],
    ['text/plain', 'hello', 400],
  ])('%s %.40s is answered %s', async (type, body, status) => {
    for (const path of ['/facebook/deauthorize', '/facebook/data-deletion']) {
      const response = await fetch(`${network.apiUrl}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': type },
        body,
      });
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    }
  });

  it.each([
    ['; charset=utf-8', `signed_request=${'x'.repeat(40_000)}`, 413, 'A form may have 32 kB and 20 fields.'],
    ['', 'x=1&'.repeat(30), 413, 'A form may have 32 kB and 20 fields.'],
    ['; charset=utf-7', 'signed_request=a.b', 415, 'Send the form in UTF-8.'],
  ])('in a form%s that is not taken is told so in words about forms', async (charset, body, status, detail) => {
    const response = await fetch(`${network.apiUrl}/facebook/deauthorize`, {
      method: 'POST',
      headers: { 'Content-Type': `application/x-www-form-urlencoded${charset}` },
      body,
    });
    expect(await response.json()).toMatchObject({ status, detail });
  });
});
