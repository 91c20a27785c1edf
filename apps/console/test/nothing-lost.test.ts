import { hasChromium } from '@pagekeeper/testing/chromium';
import { buildConsole } from '@pagekeeper/testing/console';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flaws, heading, openBrowser, see, type Visitor, visit } from './browser.ts';

let network: Network;
let browser: Browser;
let acme: Tenant;
let visitor: Visitor;

beforeAll(async () => {
  if (!hasChromium) return;
  await buildConsole();
  [network, browser] = await Promise.all([startNetwork(), openBrowser()]);
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
const follow = (page: Page, name: string) =>
  page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
/** As the browser's own button does. */
const back = (page: Page) => page.evaluate(() => history.back());

describe.skipIf(!hasChromium)('a replay', () => {
  it('is of what was counted, also where the filter of the page is another meanwhile', async () => {
    const { page_id } = (await acme.connectPage()).page;
    for (const text of ['One?', 'Two?'])
      await network.simulator.post(`/__sim/pages/${page_id}/comments`, { from: { name: 'Ana' }, text });
    await network.settle(30_000);
    await network.sql(
      `update webhook_events set state = 'failed'
       where organization_id = $1 and id = (select min(id::text)::uuid from webhook_events where organization_id = $1)`,
      [acme.uuid],
    );
    const { page, go } = visitor;
    await go(at('events'));
    await page.getByLabel('State').selectOption('failed');
    await page.waitForURL(/state=failed/);
    await page.getByRole('button', { name: 'Replay these' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('State: Failed').waitFor();
    await dialog.getByRole('button', { name: 'Only count' }).click();
    await dialog.getByText('1 event would be replayed').waitFor();
    await back(page);
    await page.waitForURL(url => !url.search.includes('state'));
    await dialog.getByText('State: Failed').waitFor();
    expect(await flaws(page)).toEqual([]);
    const sent = page.waitForRequest(request => request.url().endsWith('/events/replay'));
    await dialog.getByRole('button', { name: 'Replay', exact: true }).click();
    expect((await sent).postDataJSON().filter).toEqual({ state: 'failed' });
    await see(page, '1 event will be worked through again.');
    await network.settle(30_000);
  }, 90_000);
});

describe.skipIf(!hasChromium)('a list that follows what happens', () => {
  it('shows what came also where each reading takes longer than the pause between two', async () => {
    const { page_id } = (await acme.connectPage()).page;
    const { page, go } = visitor;
    await go(at('events'));
    await see(page, /^Live$/);
    await page.route(/\/events(\?|$)/, async route => {
      await new Promise(resolve => setTimeout(resolve, 2_500));
      await route.continue();
    });
    let isOver = false;
    const writing = (async () => {
      for (let index = 0; !isOver && index < 60; index += 1) {
        await network.simulator.post(`/__sim/pages/${page_id}/comments`, {
          from: { name: 'Ana' },
          text: `No ${index}`,
        });
        await new Promise(resolve => setTimeout(resolve, 500));
      }
      return isOver;
    })();
    await expect.poll(() => page.getByRole('row').count(), { timeout: 25_000 }).toBeGreaterThan(1);
    isOver = true;
    // While they still came.
    expect(await writing).toBe(true);
    await network.settle(30_000);
    await page.unrouteAll({ behavior: 'wait' });
  }, 90_000);
});

describe.skipIf(!hasChromium)('a slip of the hand', () => {
  it('closes no dialog over a secret that is shown once, nor over what is typed', async () => {
    const { page, go } = visitor;
    await go(at('api-keys'));
    const dialog = page.getByRole('dialog');
    const slip = async () => {
      await page.keyboard.press('Escape');
      await page.mouse.click(5, 5);
    };
    await page.getByRole('button', { name: 'New API key' }).first().click();
    await dialog.getByLabel('Name').fill('Shop system');
    await slip();
    expect(await dialog.getByLabel('Name').inputValue()).toBe('Shop system');
    // The secret does not wait for what is read anew: that hangs.
    await page.route(/\/api-keys$/, route => (route.request().method() === 'GET' ? undefined : route.continue()));
    await dialog.getByRole('button', { name: 'Make the key' }).click();
    const secret = dialog.getByLabel('Secret', { exact: true });
    await secret.waitFor();
    await slip();
    expect(await secret.textContent()).toMatch(/^pgk_live_/);
    await dialog.getByRole('button', { name: 'I have copied it' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  }, 60_000);
});

describe.skipIf(!hasChromium)('what is typed and not saved', () => {
  it('is asked about before its page is left, by a link, by the browser’s button and with the tab', async () => {
    const { id } = await acme.connectPage();
    const { page, go } = visitor;
    await go(at('integrations'));
    await page.locator(`main a[href$="${id}"]`).click();
    await page.getByRole('tab', { name: 'Replies' }).click();
    const answer = page.getByLabel('Answer to a message');
    await answer.fill('We open at nine.');
    // Not for another part of the same page.
    await page.getByRole('tab', { name: 'Health' }).click();
    await page.getByRole('tab', { name: 'Replies' }).click();
    const dialog = page.getByRole('dialog');
    for (const leave of [() => follow(page, 'Members'), () => back(page)]) {
      await leave();
      await dialog.getByText('Leave without saving?').waitFor();
      await dialog.getByRole('button', { name: 'Stay' }).click();
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(() => new URL(page.url()).pathname).toContain(id);
      expect(await answer.inputValue()).toBe('We open at nine.');
    }
    const asked: string[] = [];
    page.on('dialog', async each => {
      asked.push(each.type());
      await each.dismiss();
    });
    await page.close({ runBeforeUnload: true });
    await expect.poll(() => asked).toEqual(['beforeunload']);
    await follow(page, 'Members');
    await dialog.getByRole('button', { name: 'Leave', exact: true }).click();
    await heading(page, 'Members');
    await follow(page, 'Pages');
    await heading(page, 'Pages');
  }, 90_000);

  it('stays where a colleague deactivates the page, and is saved once it is restored', async () => {
    const { id } = await acme.connectPage();
    const { page, go } = visitor;
    await go(at(`integrations/${id}?tab=replies`));
    const answer = page.getByLabel('Answer to a message');
    await answer.fill('We open at nine.');
    // Nor does a lost network take it away, or call itself our fault.
    await page.route(/\/integrations\/[^/]+$/, route =>
      route.request().method() === 'PATCH' ? route.abort() : route.fallback(),
    );
    await page.getByRole('button', { name: 'Save' }).click();
    await see(page, 'Pagekeeper cannot be reached');
    await page.unroute(/\/integrations\/[^/]+$/);
    await acme.admin.expect(204, acme.admin.delete(`${acme.path}/integrations/${id}`));
    await see(page, 'This page was deactivated meanwhile');
    expect(await answer.inputValue()).toBe('We open at nine.');
    await page.getByRole('button', { name: /What to do with/ }).click();
    await page.getByRole('menuitem', { name: 'Restore' }).click();
    await see(page, 'Restored.');
    await page.getByRole('button', { name: 'Save' }).click();
    await see(page, 'Saved. It holds from now on.');
    const { config } = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${id}`));
    expect(config.message_reply).toEqual({ text: 'We open at nine.' });
  }, 90_000);

  it('about a business stays while the list under it is read anew, and its row goes', async () => {
    const { page, go } = visitor;
    await go(at('businesses'));
    const { name } = await businessOf(acme);
    await page.getByRole('button', { name: `What to do with ${name}` }).click();
    await page.getByRole('menuitem', { name: 'Change' }).click();
    const description = page.getByRole('dialog').getByLabel('Description');
    await description.fill('Open at nine.');
    for (let index = 1; index <= 25; index += 1)
      await acme.owner.expect(201, acme.owner.post(`${acme.path}/businesses`, { name: `Newer ${index}` }));
    // As when somebody comes back to the window.
    await page.waitForTimeout(10_500);
    await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
    await page.getByText('Newer 25').waitFor();
    expect(await page.locator('tbody').getByText(name, { exact: true }).count()).toBe(0);
    expect(await description.inputValue()).toBe('Open at nine.');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await see(page, 'Saved.');
    expect((await businessOf(acme)).description).toBe('Open at nine.');
  }, 90_000);
});

describe.skipIf(!hasChromium)('a form', () => {
  it('that is sent again, after the answer was lost, makes one organization', async () => {
    const { page, go } = visitor;
    const keys: (string | undefined)[] = [];
    await page.route(/\/v1\/organizations$/, async route => {
      if (route.request().method() !== 'POST') return await route.continue();
      keys.push(
        await route
          .request()
          .headerValue('idempotency-key')
          .then(key => key ?? undefined),
      );
      if (keys.length > 2) return await route.continue();
      await route.fetch();
      await route.abort();
    });
    await go('/organizations/new');
    const make = () => page.getByRole('button', { name: 'Make it' }).click();
    await page.getByLabel('Name').fill('Once Limited');
    await make();
    await page.getByRole('alert').getByText('Pagekeeper cannot be reached').waitFor();
    // Another name is another organization.
    await page.getByLabel('Name').fill('Twice Limited');
    await make();
    await expect.poll(() => keys.length).toBe(2);
    await page.getByRole('alert').getByText('Pagekeeper cannot be reached').waitFor();
    await make();
    await heading(page, 'Twice Limited');
    const { data } = await acme.owner.expect(200, acme.owner.get('/v1/organizations'));
    const names = data.map((each: { name: string }) => each.name).filter((name: string) => name.endsWith('Limited'));
    expect(names.sort()).toEqual(['Once Limited', 'Twice Limited']);
    expect([keys[1] === keys[2], keys[0] === keys[1]]).toEqual([true, false]);
  }, 60_000);
});
