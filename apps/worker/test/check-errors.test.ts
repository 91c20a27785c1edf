import { connectThrough, personWithPages, pick } from '@pagekeeper/testing/network/dialog';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { SimulatedPage } from '@pagekeeper/testing/network/simulator-control';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkRows } from './check-error-rows.ts';

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  // The api itself checks what is waited for; nothing else asks Facebook meanwhile.
  network = await startNetwork({ worker: false });
  acme = await network.tenant('acme');
}, 60_000);

afterAll(() => network?.stop());
afterEach(async () => {
  await network.moveClock(0);
  await network.simulator.delete('/__sim/faults');
  await network.simulator.patch('/__sim/app', { role_loss: '492' });
  await network.sql('delete from app_pauses');
});

describe('a check that Facebook answers with', () => {
  it.each(checkRows.map(row => [row.sentence, row] as const))('%s', async (_, { endpoint, fault, ends }) => {
    const connected = await acme.connectPage();
    const { personId: person_id } = connected.page;
    const after = await lastSequence();
    await network.simulator.post('/__sim/faults', { match: { endpoint, person_id }, fault });
    const { outcome, integration } = await acme.refresh(connected.id);
    const { status, next_check_at } = integration.facebook_page;
    expect({
      outcome,
      status,
      calls: await callsAbout(person_id, after),
      rests: await whatRests(connected.page),
      again: distance(next_check_at),
    }).toEqual(ends);
  });

  it('190/492, before anybody answers a customer: page_lost, and healthy again with the role', async () => {
    const connected = await acme.connectPage();
    await happens(connected, { type: 'role_removed', page_id: connected.page.page_id });
    const look = { 'GET accounts': 1, 'GET debug_token': 1 };
    expect(await checked(connected)).toEqual(['page_lost', 'role_lost', { ...look, 'GET page': 1 }]);
    // Known to be dead, the token itself is not used any more.
    expect(await checked(connected)).toEqual(['page_lost', 'role_lost', look]);
    await happens(connected, { type: 'role_restored', page_id: connected.page.page_id });
    expect(await checked(connected)).toEqual(['healthy', null, { ...look, 'GET subscribed_apps': 1 }]);
  });

  it('#200 for a lost role, while debug_token sees nothing wrong: page_lost', async () => {
    await network.simulator.patch('/__sim/app', { role_loss: '200' });
    const connected = await acme.connectPage();
    await happens(connected, { type: 'role_removed', page_id: connected.page.page_id });
    const look = { 'GET accounts': 1, 'GET debug_token': 1, 'GET page': 1 };
    expect(await checked(connected)).toEqual(['page_lost', 'role_lost', look]);
    expect(await checked(connected)).toEqual(['page_lost', 'role_lost', look]);
  });

  it('#200 for a lost role, while the login behind the page has ended: page_lost', async () => {
    await network.simulator.patch('/__sim/app', { role_loss: '200' });
    const connected = await acme.connectPage();
    await network.moveClock(61 * 24);
    const whole = { 'GET debug_token': 2, 'GET page': 1, 'GET subscribed_apps': 1 };
    const first = { ...whole, 'POST access_token': 1, 'GET accounts': 1 };
    expect(await checked(connected)).toEqual(['expiring', 'login_ended', first]);
    await happens(connected, { type: 'role_removed', page_id: connected.page.page_id });
    const look = { 'GET debug_token': 2, 'GET page': 1 };
    expect(await checked(connected)).toEqual(['page_lost', 'role_lost', look]);
    await happens(connected, { type: 'role_restored', page_id: connected.page.page_id });
    expect(await checked(connected)).toEqual(['expiring', 'login_ended', whole]);
  });

  it('a permission to look that is missing, while the login behind the page has ended: nothing is lost', async () => {
    const connected = await acme.connectPage();
    const { personId: person_id } = connected.page;
    await network.moveClock(61 * 24);
    const fault = { type: 'error', http: 403, code: 10, message: '(#10) This endpoint requires pages_read_engagement' };
    await network.simulator.post('/__sim/faults', { match: { endpoint: 'page', person_id }, fault });
    const { integration } = await acme.refresh(connected.id);
    expect(integration.facebook_page.status_reason.code).toBe('login_ended');
  });

  it('a login of another app that lives: needs_reauth, neither token is used, and the app is not blamed', async () => {
    const [ours] = await network.simulator.createPages();
    const { user_token, pages } = await network.simulator.post(`/__sim/people/${ours!.personId}/tokens`, {
      app_id: '258000000000001',
    });
    const [{ page_access_token }] = pages;
    const after = await lastSequence();
    const connected = await acme.connectPage({ page: { ...ours!, userToken: user_token, page_access_token } });
    const { status, status_reason } = connected.integration.facebook_page;
    expect([status, status_reason.code]).toEqual(['needs_reauth', 'foreign_token']);
    const look = { 'GET debug_token': 2 };
    expect(await callsAbout(ours!.personId, after)).toEqual(look);
    expect(await checked(connected)).toEqual(['needs_reauth', 'foreign_token', look]);
    expect(await network.sql('select from app_pauses where failures > 0')).toEqual([]);
  });

  it('a list that lacks the page, while its token works: nothing is lost', async () => {
    await network.simulator.patch('/__sim/app', { role_loss: 'vanish' });
    const connected = await acme.connectPage();
    await happens(connected, { type: 'role_removed', page_id: connected.page.page_id });
    const look = { 'GET accounts': 1, 'GET debug_token': 1, 'GET page': 1, 'GET subscribed_apps': 1 };
    expect(await checked(connected)).toEqual(['healthy', null, look]);
  });

  it('a checkpoint: blocked_user_action, asked about and never used, and healthy again once it is lifted', async () => {
    const connected = await acme.connectPage();
    await happens(connected, { type: 'checkpoint', subcode: 459 });
    const first = { 'GET accounts': 1, 'GET debug_token': 2, 'GET page': 1 };
    expect(await checked(connected)).toEqual(['blocked_user_action', 'checkpoint', first]);
    expect(await checked(connected)).toEqual(['blocked_user_action', 'checkpoint', { 'GET debug_token': 2 }]);
    await happens(connected, { type: 'checkpoint_lifted' });
    const whole = { 'GET debug_token': 2, 'GET accounts': 1, 'GET subscribed_apps': 1 };
    expect(await checked(connected)).toEqual(['healthy', null, whole]);
  });

  it.each([
    ['that cannot be parsed', 'not-a-token-at-all'],
    ['of nobody', 'EAAB1234567890abcdefghij'],
  ])('190 for a token %s: needs_reauth, and it is never healthy', async (_, nonsense) => {
    const [real] = await network.simulator.createPages();
    const page = { ...real!, userToken: `${nonsense}1`, page_access_token: `${nonsense}2` };
    const { integration } = await acme.connectPage({ page });
    expect(integration.facebook_page).toMatchObject({
      status: 'needs_reauth',
      status_reason: { code: 'token_invalid' },
    });
  });
});

describe('what goes wrong with a part of a check', () => {
  const fault = { type: 'error', http: 500, code: 2, message: '(#2) Service temporarily unavailable' };

  it('a page that Facebook wants left alone keeps nothing from the others of its login', async () => {
    await network.simulator.patch('/__sim/app', { role_loss: 'vanish' });
    const { id: personId, pageIds } = await personWithPages(network, [{ name: 'Blue Cup' }, { name: 'Red Cup' }]);
    const { id: connection } = await connectThrough(acme, { personId });
    const [well, lost] = (await pick(acme, connection, pageIds)).map(({ integration }) => integration);
    const { page_id } = lost.facebook_page;
    await network.simulator.post(`/__sim/people/${personId}/events`, { type: 'role_removed', page_id });
    const throttle = { type: 'throttle', code: 80001, minutes: 30 };
    await network.simulator.post('/__sim/faults', { match: { endpoint: 'page', page_id }, fault: throttle });
    const before = await lookedAt(well);
    expect((await acme.refresh(well.id)).outcome).toBe('checked');
    expect(await lookedAt(well)).not.toBe(before);
    const ofLost = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${lost.id}`));
    expect(ofLost.facebook_page.status).toBe('healthy');
    const [{ rests }] = await network.sql(
      'select paused_until > app.now() as rests from facebook_page_integrations where page_id = $1',
      [page_id],
    );
    expect(rests).toBe(true);
  });

  it('a fresh token that nobody could look at: the page is not called dead meanwhile', async () => {
    const [long] = await network.simulator.createPages();
    const { personId: person_id } = long!;
    const [short] = await network.simulator.logIn(person_id, 'short');
    const failing = (skip: number) =>
      network.simulator.post('/__sim/faults', { match: { endpoint: 'debug_token', person_id }, fault, skip });
    // After the person's own token and the page's.
    await failing(2);
    const page = { ...long!, page_access_token: short!.page_access_token };
    const connected = await acme.connectPage({ page });
    expect(connected.integration.facebook_page.status).toBe('unverified');
    await network.simulator.delete('/__sim/faults');
    await network.moveClock(1.5);
    await failing(1);
    expect((await acme.refresh(connected.id)).integration.facebook_page.status).toBe('unverified');
    await network.simulator.delete('/__sim/faults');
    expect((await acme.refresh(connected.id)).integration.facebook_page.status).toBe('healthy');
  });

  it('a login that cannot be prolonged today: its pages are looked at all the same', async () => {
    const connected = await acme.connectPage();
    const { personId: person_id } = connected.page;
    await network.moveClock(47 * 24);
    await network.simulator.post('/__sim/faults', { match: { endpoint: 'access_token', person_id }, fault });
    expect((await acme.refresh(connected.id)).outcome).toBe('checked');
    expect((await acme.refresh(connected.id)).integration.facebook_page.status).toBe('expiring');
  });

  it('a login of an hour that could not be prolonged is tried again in minutes, not tomorrow', async () => {
    const [long] = await network.simulator.createPages();
    const { personId: person_id } = long!;
    const [page] = await network.simulator.logIn(person_id, 'short');
    await network.simulator.post('/__sim/faults', { match: { endpoint: 'access_token', person_id }, fault });
    const connected = await acme.connectPage({ page: page! });
    expect((await acme.refresh(connected.id)).outcome).toBe('unreachable');
    await network.simulator.delete('/__sim/faults');
    const { integration } = await acme.refresh(connected.id);
    const hours = (Date.parse(integration.facebook_page.user_token_expires_at) - Date.now()) / 3_600_000;
    expect([integration.facebook_page.status, hours > 1_000]).toEqual(['healthy', true]);
  });
});

const lookedAt = async ({ id }: { id: string }): Promise<string> =>
  (await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${id}`))).facebook_page.last_checked_at;

const happens = ({ page }: ConnectedPage, event: object): Promise<unknown> =>
  network.simulator.post(`/__sim/people/${page.personId}/events`, event);

/** A check's end: status, why, and what was asked. */
async function checked({ id, page }: ConnectedPage): Promise<unknown[]> {
  const after = await lastSequence();
  const { facebook_page } = (await acme.refresh(id)).integration;
  const reason = facebook_page.status_reason?.code ?? null;
  return [facebook_page.status, reason, await callsAbout(page.personId, after)];
}

const lastSequence = async (): Promise<number> => (await network.simulator.get('/__sim/ledger?limit=1')).last_sequence;

async function callsAbout(personId: string, after: number): Promise<Record<string, number>> {
  const { data } = await network.simulator.get(`/__sim/ledger?person_id=${personId}&after=${after}&limit=1000`);
  const calls: Record<string, number> = {};
  for (const { method, endpoint } of data) {
    calls[`${method} ${endpoint}`] = (calls[`${method} ${endpoint}`] ?? 0) + 1;
  }
  return calls;
}

async function whatRests({ page_id }: SimulatedPage): Promise<'app' | 'page' | null> {
  const soon = `between app.now() + interval '4 minutes' and app.now() + interval '6.5 minutes'`;
  const [rests] = await network.sql(
    `select 'app' as what from app_pauses where until ${soon}
     union all select 'page' from facebook_page_integrations where page_id = $1 and paused_until ${soon}`,
    [page_id],
  );
  return rests?.what ?? null;
}

function distance(at: string): string {
  const hours = (Date.parse(at) - Date.now()) / 3_600_000;
  if (hours < 0.25) return 'in minutes';
  return hours < 2 ? 'within two hours' : hours > 17 && hours <= 20 ? 'within a day' : `in ${hours} hours`;
}
