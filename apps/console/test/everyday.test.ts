import { hasChromium } from '@pagekeeper/testing/chromium';
import { buildConsole } from '@pagekeeper/testing/console';
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

describe.skipIf(!hasChromium)('from its own page', () => {
  it('a page is renamed, in a dialog that begins at the name', async () => {
    const { page, go } = visitor;
    const { id } = await acme.connectPage({ name: 'Blue Cup' });
    await go(at(`integrations/${id}`));
    await page.getByRole('button', { name: 'What to do with Blue Cup' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    const name = page.getByRole('dialog').getByLabel('Name');
    await expect.poll(() => name.evaluate(field => field === document.activeElement)).toBe(true);
    await name.fill('Blue Cup, Main Street');
    await page.keyboard.press('Enter');
    await heading(page, 'Blue Cup, Main Street');
    const { owner, path } = acme;
    expect((await owner.expect(200, owner.get(`${path}/integrations/${id}`))).name).toBe('Blue Cup, Main Street');
    // Where it is in the log, by its name and with the way back to it.
    await go(at('audit?action=integration.updated'));
    const line = page.getByRole('row', { name: /Page changed/ });
    await line.getByRole('link', { name: 'Blue Cup, Main Street' }).click();
    await heading(page, 'Blue Cup, Main Street');
  }, 60_000);

  it('a business is changed, and deactivated with the way back', async () => {
    const { page, go } = visitor;
    const { name, id } = await acme.owner.expect(200, acme.owner.get(`${acme.path}/businesses/${acme.business.id}`));
    await go(at(`businesses/${id}`));
    const menu = page.getByRole('button', { name: `What to do with ${name}` });
    await menu.click();
    await page.getByRole('menuitem', { name: 'Change' }).click();
    await page.getByRole('dialog').getByLabel('Description').fill('Cups and beans');
    await page.getByRole('button', { name: 'Save' }).click();
    await see(page, 'Cups and beans');
    await menu.click();
    await page.getByRole('menuitem', { name: 'Deactivate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
    await heading(page, 'Businesses');
    await see(page, 'No business yet');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('link', { name, exact: true }).waitFor();
  }, 60_000);
});

describe.skipIf(!hasChromium)('a page', () => {
  it('says that it receives nothing, what a misspelt placeholder comes to, and knows no tab that is not there', async () => {
    const { page, go } = visitor;
    const { id } = await acme.connectPage({ config: { webhook_enabled: false } });
    await go(at(`integrations/${id}?tab=nothing`));
    await see(page, 'This page receives no events');
    expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Health');
    await page.getByRole('tab', { name: 'Replies' }).click();
    const text = page.getByLabel('Answer to a message');
    await text.fill('Hello {sender_nmae}, {page_name} here. {sender_name}?');
    await see(page, 'Only {page_name} and {sender_name} are filled in, not {sender_nmae}.');
    expect(await flaws(page)).toEqual([]);
    await text.fill('Hello {sender_name}, {page_name} here {^_^}');
    await expect.poll(() => page.getByText('are filled in, not').count()).toBe(0);
    await page.getByRole('button', { name: 'Save' }).click();
    await see(page, 'Saved. It holds from now on.');
  }, 60_000);
});

describe.skipIf(!hasChromium)('replies that are paused', () => {
  it('are told of on every page, with the way to the switch', async () => {
    const { page, go } = visitor;
    await acme.owner.expect(200, acme.owner.patch(acme.path, { replies_paused: true }));
    for (const path of ['', 'replies', 'members']) {
      await go(at(path));
      await see(page, 'All replies are paused');
    }
    await page.getByRole('link', { name: 'Go on replying in the settings' }).click();
    await heading(page, 'Settings');
    expect(await page.getByText('All replies are paused').count()).toBe(0);
    await page.getByRole('button', { name: 'Go on replying' }).click();
    await see(page, 'Replies run');
    await go(at('replies'));
    expect(await page.getByText('All replies are paused').count()).toBe(0);
  }, 60_000);
});
