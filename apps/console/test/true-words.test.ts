import { newId } from '@pagekeeper/domain/ids';
import { hasChromium } from '@pagekeeper/testing/chromium';
import { buildConsole } from '@pagekeeper/testing/console';
import { personWithPages } from '@pagekeeper/testing/network/dialog';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flaws, heading, openBrowser, see, type Visitor, visit } from './browser.ts';

let network: Network;
let browser: Browser;
let acme: Tenant;
let visitor: Visitor;

beforeAll(async () => {
  if (!hasChromium) return;
  await buildConsole();
  [network, browser] = await Promise.all([startNetwork({ worker: false }), openBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await network?.stop();
});

beforeEach(async () => {
  if (!hasChromium) return;
  acme = await network.tenant('acme');
  visitor = await visit(browser, network);
  visitor.page.setDefaultTimeout(30_000);
  await visitor.signIn(acme.owner.email);
  return async () => {
    expect(visitor.complaints).toEqual([]);
    await visitor.close();
  };
}, 30_000);

const at = (path: string): string => `/organizations/${acme.organization.slug}/${path}`;
const businessOf = ({ owner, path, business }: Tenant) =>
  owner.expect(200, owner.get(`${path}/businesses/${business.id}`));

describe.skipIf(!hasChromium)('the hundred-and-first business', () => {
  it('is the one that is connected and filtered for, and never another in its place', async () => {
    const { id, name } = await businessOf(acme);
    await network.sql(
      `insert into businesses (organization_id, id, name, slug)
       select $1, ids.id, 'Newer ' || n, 'newer-' || n from unnest($2::uuid[]) with ordinality as ids (id, n)`,
      [acme.uuid, Array.from({ length: 101 }, () => newId())],
    );
    const { page, go } = visitor;
    await go(at(`businesses/${id}`));
    await page.getByRole('link', { name: 'Connect a page' }).first().click();
    const choice = page.getByLabel('For the business');
    expect(await choice.inputValue()).toBe(id);
    expect(await choice.locator('option:checked').textContent()).toBe(name);
    await go(at(`integrations?business=${id}`));
    const filter = page.getByLabel('Business');
    await expect.poll(() => filter.locator('option:checked').textContent()).toBe(name);
    await go(at('connect?business=bus_01234567890123456789'));
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('button', { name: 'Go on to Facebook' }).count()).toBe(0);
  }, 60_000);
});

describe.skipIf(!hasChromium)('an outage', () => {
  it('signs nobody out, and offers nobody an account', async () => {
    const body = { email: acme.admin.email, role: 'MEMBER' };
    const rival = await network.tenant('rival');
    const { accept_url } = await rival.owner.expect(201, rival.owner.post(`${rival.path}/invitations`, body));
    const { page, go } = visitor;
    await page.route(/\/v1\/me$/, route => route.abort());
    await go('/');
    await page.getByRole('alert').getByText('Pagekeeper cannot be reached').waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
    await page.goto(accept_url);
    await page.getByRole('alert').getByText('Pagekeeper cannot be reached').waitFor();
    expect(await page.getByRole('link', { name: 'Create an account' }).count()).toBe(0);
    await page.unroute(/\/v1\/me$/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await heading(page, 'Join the organization');
    // The browser's log says for what the page was replaced.
    expect(visitor.complaints.splice(0).join()).toMatch(/^Refusal: Look at your connection/);
  }, 60_000);

  it('is told over what was read before it', async () => {
    const { id } = await acme.connectPage();
    const { page, go } = visitor;
    await go(at(`integrations/${id}`));
    await page.getByRole('region', { name: 'History' }).waitFor();
    await page.route(/\/integrations\//, route => route.abort());
    await see(page, /^Not up to date: as of .* cannot be reached\.$/);
    await heading(page, /./);
    expect(await flaws(page)).toEqual([]);
  }, 60_000);
});

describe.skipIf(!hasChromium)('what the console says', () => {
  it('of pages that need somebody is all of them, with the way to each', async () => {
    const { page, go } = visitor;
    const { id } = await acme.connectPage();
    await page.route(/\/overview$/, async route => {
      const answer = await route.fetch();
      const pages = [
        { status: 'needs_reauth', count: 299 },
        { status: 'expiring', count: 1 },
        { status: 'healthy', count: 7 },
      ];
      const attention = [
        {
          integration_id: id,
          business_id: acme.business.id,
          name: 'Corner Shop',
          status: 'needs_reauth',
          status_since: new Date().toISOString(),
          status_reason: null,
        },
      ];
      await route.fulfill({ response: answer, json: { ...(await answer.json()), pages, attention } });
    });
    await go(`/organizations/${acme.organization.slug}`);
    await see(page, '307 pages kept. 300 need you today.');
    await see(page, '299 more pages need you');
    expect(await flaws(page)).toEqual([]);
    await page.getByRole('link', { name: '299 reconnect needed' }).click();
    await heading(page, 'Pages');
    expect(new URL(page.url()).searchParams.get('status')).toBe('needs_reauth');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  }, 60_000);

  it('of invitations without a filter is what they are: pending', async () => {
    const { page, go } = visitor;
    await go(at('invitations'));
    const state = page.getByLabel('State');
    expect(await state.locator('option').allTextContents()).toEqual([
      'Pending',
      'Accepted',
      'Expired',
      'Revoked',
      'All',
    ]);
    await state.selectOption('All');
    await page.waitForURL(/state=any/);
  }, 60_000);

  it('of the organization that was open last is not the one that was only pointed at', async () => {
    const { page, go } = visitor;
    const other = await acme.owner.expect(201, acme.owner.post('/v1/organizations', { name: 'Other Limited' }));
    const last = () => page.evaluate(() => localStorage.getItem('pagekeeper.organization'));
    await go(`/organizations/${acme.organization.slug}`);
    await expect.poll(last).toBe(acme.organization.slug);
    await go('/organizations');
    const read = page.waitForResponse(answer => answer.url().endsWith(`/v1/organizations/${other.slug}`));
    const link = page.getByRole('main').getByRole('link', { name: 'Other Limited' });
    await link.hover();
    await read;
    await page.waitForTimeout(500);
    expect(await last()).toBe(acme.organization.slug);
    await link.click();
    await heading(page, 'Other Limited');
    await expect.poll(last).toBe(other.slug);
  }, 60_000);
});

describe.skipIf(!hasChromium)('a first connection that failed', () => {
  /** Through the dialog as this person, and on to what came of it. */
  async function finish(personId: string, decide: () => Promise<void>): Promise<void> {
    const { page } = visitor;
    await page.locator(`a.choice[href*="person_id=${personId}"]`).click();
    await decide();
    await page.getByRole('link', { name: 'Go on in Pagekeeper' }).click();
  }
  const approve = () => visitor.page.getByRole('button', { name: /^Continue as/ }).click();
  const press = (name: string) => visitor.page.getByRole('button', { name }).click();
  const begin = async () => {
    await visitor.go(at('connect'));
    await press('Go on to Facebook');
  };

  it('is asked for again as it must be: Facebook would repeat what was declined, and the pages', async () => {
    const { page } = visitor;
    const { id } = await personWithPages(network);
    await begin();
    await finish(id, async () => {
      await page.locator('input[name=scopes][value=pages_manage_engagement]').uncheck();
      await approve();
    });
    await see(page, /^Not granted: pages_manage_engagement/);
    await press('Begin again');
    await finish(id, approve);
    await see(page, 'Facebook shows 1 page.');
  }, 60_000);

  it('tells of each page why, and lets others be chosen', async () => {
    const { page } = visitor;
    const { id } = await personWithPages(network, [{ name: 'Not Mine', tasks: ['ANALYZE'] }, { name: 'Blue Cup' }]);
    await begin();
    await finish(id, async () => {
      await page.getByRole('checkbox', { name: 'Blue Cup' }).uncheck();
      await approve();
    });
    await see(page, /^None of the pages can be connected\. Each one says why\./);
    await see(page, /^Not Mine: The person lacks the task MESSAGING/);
    expect(await flaws(page)).toEqual([]);
    await press('Begin again');
    await finish(id, approve);
    await see(page, 'Facebook shows 2 pages.');
  }, 60_000);

  it('by a denial is begun as at first: nothing was remembered', async () => {
    const { page } = visitor;
    const { id } = await personWithPages(network);
    await begin();
    await finish(id, () => press('Not now'));
    await see(page, /^Facebook says that the permissions were not granted/);
    await press('Begin again');
    await page.locator('a.choice').first().waitFor();
    expect(new URL(page.url()).searchParams.has('auth_type')).toBe(false);
  }, 60_000);
});
