import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let network: Network;
let acme: Tenant;
let page: ConnectedPage;

beforeAll(async () => {
  network = await startNetwork();
}, 60_000);

afterAll(() => network?.stop());

beforeEach(async () => {
  await network.moveClock(0);
  acme = await network.tenant('acme');
  page = await acme.connectPage();
});

const pathOf = ({ id }: ConnectedPage) => `${acme.path}/integrations/${id}/status-changes`;
const history = async (query = ''): Promise<any> =>
  await acme.member.expect(200, acme.member.get(`${pathOf(page)}${query}`));
const happen = (event: object) => network.simulator.post(`/__sim/people/${page.page.personId}/events`, event);

async function logInAgain(): Promise<void> {
  const [fresh] = await network.simulator.logIn(page.page.personId);
  const tokens = { access_token: fresh!.userToken, page_access_token: fresh!.page_access_token };
  const path = `${acme.path}/integrations/${page.id}/facebook-page`;
  await acme.owner.expect(200, acme.owner.put(path, { page_id: page.page.page_id, ...tokens }));
}

describe('the history of a page’s status', () => {
  it('tells each change with its reason, newest first, to every member', async () => {
    await happen({ type: 'password_change' });
    await acme.refresh(page.id);
    await logInAgain();
    await acme.refresh(page.id);
    const { data, has_more } = await history();
    expect(has_more).toBe(false);
    expect(data.map(({ from, to, reason }: any) => [from, to, reason?.code ?? null])).toEqual([
      ['unverified', 'healthy', null],
      ['healthy', 'needs_reauth', 'password_changed'],
      ['unverified', 'healthy', null],
    ]);
    expect(data[1].reason.detail).toBe('The person changed their password, or Facebook ended the session.');
    const { facebook_page } = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${page.id}`));
    expect(Date.parse(data[0].since)).toBe(Date.parse(facebook_page.status_since));
    const times = data.map(({ since }: any) => Date.parse(since));
    expect(times).toEqual([...times].sort((one, other) => other - one));
  });

  it('says nothing twice: a check that finds the same leaves no trace', async () => {
    await acme.refresh(page.id);
    await acme.refresh(page.id);
    expect((await history()).data).toHaveLength(1);
  });

  it('goes by business time, as the status does', async () => {
    await network.moveClock(72);
    await happen({ type: 'checkpoint' });
    await acme.refresh(page.id);
    const { data } = await history();
    const hours = (Date.parse(data[0].since) - Date.parse(data[1].since)) / 3_600_000;
    expect([data[0].to, Math.round(hours)]).toEqual(['blocked_user_action', 72]);
  });

  it('is of this page alone, comes page by page, and stays when the page is deactivated', async () => {
    const other = await acme.connectPage();
    for (const type of ['checkpoint', 'checkpoint_lifted', 'checkpoint']) {
      await happen({ type });
      await acme.refresh(page.id);
    }
    const all = (await history()).data;
    expect(all).toHaveLength(4);
    const first = await history('?limit=3');
    const second = await history(`?limit=3&cursor=${first.next_cursor}`);
    expect([...first.data, ...second.data]).toEqual(all);
    expect((await acme.owner.expect(200, acme.owner.get(pathOf(other)))).data).toHaveLength(1);
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${page.id}`));
    expect((await history()).data).toEqual(all);
  });

  it('of changes from before reasons were kept tells the code', async () => {
    await happen({ type: 'password_change' });
    await acme.refresh(page.id);
    const before = (await history()).data[0];
    await network.sql(
      `update audit_events set changes = changes - 'detail' - 'since' where action = 'integration.status_changed'`,
    );
    const [change] = (await history()).data;
    expect(change).toMatchObject({
      ...before,
      since: expect.any(String),
      reason: { code: 'password_changed', detail: null },
    });
    expect(Math.abs(Date.parse(change.since) - Date.parse(before.since))).toBeLessThan(10_000);
  });
});
