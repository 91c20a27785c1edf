import { chromiumPath, hasChromium } from '@pagekeeper/testing/chromium';
import { personWithPages } from '@pagekeeper/testing/network/dialog';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf, password } from './people.ts';

let network: Network;
let browser: Browser;

beforeAll(async () => {
  if (!hasChromium) return;
  [network, browser] = await Promise.all([
    startNetwork(),
    chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'], timeout: 60_000 }),
  ]);
}, 90_000);

afterAll(async () => {
  await browser?.close();
  await network?.stop();
});

/** The owner at their browser, signed in. Whatever the browser asks of anybody else fails the test. */
async function atTheBrowser(tenant: Tenant) {
  const context = await browser.newContext();
  const known = new Set([network.apiUrl, network.simulator.url]);
  const foreign: string[] = [];
  const complaints: string[] = [];
  context.on('request', request => {
    if (!known.has(new URL(request.url()).origin)) foreign.push(request.url());
  });
  context.on('console', message => {
    if (message.type() === 'error' && message.text().includes('Content Security Policy'))
      complaints.push(message.text());
  });
  await send(context, 'POST', '/auth/sign-in/email', { email: addressOf(tenant.owner), password });
  const page = await context.newPage();
  return { context, page, foreign, complaints, close: () => context.close() };
}

async function send(context: BrowserContext, method: string, path: string, data?: object): Promise<any> {
  const headers = { Origin: network.apiUrl };
  const response = await context.request.fetch(`${network.apiUrl}${path}`, { method, headers, ...(data && { data }) });
  if (!response.ok()) throw new Error(`${method} ${path}: ${response.status()} ${await response.text()}`);
  return await response.json();
}

/** Begins, and goes to the dialog as this person of Facebook's. */
async function toTheDialog(context: BrowserContext, page: Page, tenant: Tenant, personId: string, body = {}) {
  const path = `${tenant.path}/businesses/${tenant.business.id}/facebook/connections`;
  const { id, authorize_url } = await send(context, 'POST', path, body);
  await page.goto(authorize_url);
  await page.locator(`a.choice[href*="person_id=${personId}"]`).click();
  return id as string;
}

const approve = (page: Page) => page.getByRole('button', { name: /^Continue as/ }).click();
const heading = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();

describe.skipIf(!hasChromium)('a person at a browser', () => {
  it('approves, picks, loses the page, and reconnects it', async () => {
    const acme = await network.tenant('acme');
    const { id: personId, pageIds } = await personWithPages(network, [{ name: 'Blue Cup' }, { name: 'Red Cup' }]);
    const { context, page, foreign, complaints, close } = await atTheBrowser(acme);
    const id = await toTheDialog(context, page, acme, personId);
    await approve(page);
    await page.waitForURL('**/facebook/oauth/callback**');
    expect(await heading(page)).toBe('Almost there');
    expect(await page.locator('body').textContent()).toContain('Facebook shows 2 pages; all can be connected.');
    expect(await page.getByRole('link').getAttribute('href')).toContain(`connection=${id}`);
    const path = `${acme.path}/facebook/connections`;
    const { pages } = await send(context, 'POST', `${path}/${id}/pages`, { page_ids: pageIds });
    expect(pages.map(({ integration }: any) => integration.facebook_page.status)).toEqual(['healthy', 'healthy']);
    // Going back and reloading uses the same answer of Facebook's again.
    await page.reload();
    expect(await heading(page)).toBe('This login is done already');

    await network.simulator.post(`/__sim/people/${personId}/events`, { type: 'password_change' });
    const reconnect = pages[0].integration.id;
    const again = await toTheDialog(context, page, acme, personId, { reconnect });
    await approve(page);
    await page.waitForURL('**/facebook/oauth/callback**');
    const { pages: back } = await send(context, 'POST', `${path}/${again}/pages`, { page_ids: [pageIds[0]] });
    expect([back[0].outcome, back[0].integration.id, back[0].integration.facebook_page.status]).toEqual([
      'reconnected',
      reconnect,
      'healthy',
    ]);
    expect([foreign, complaints]).toEqual([[], []]);
    await close();
  }, 120_000);

  it('denies, and reads what to do', async () => {
    const acme = await network.tenant('acme');
    const { id: personId } = await personWithPages(network);
    const { context, page, foreign, complaints, close } = await atTheBrowser(acme);
    await toTheDialog(context, page, acme, personId);
    await page.getByRole('button', { name: 'Not now' }).click();
    await page.waitForURL('**/facebook/oauth/callback**');
    expect(await heading(page)).toBe('Not connected');
    expect(await page.locator('body').textContent()).toContain('begin again and approve');
    expect([foreign, complaints]).toEqual([[], []]);
    await close();
  }, 120_000);

  it('grants a part, is told which part is missing, and then grants it', async () => {
    const acme = await network.tenant('acme');
    const { id: personId, pageIds } = await personWithPages(network);
    const { context, page, close } = await atTheBrowser(acme);
    await toTheDialog(context, page, acme, personId);
    await page.locator('input[name=scopes][value=pages_manage_engagement]').uncheck();
    await approve(page);
    await page.waitForURL('**/facebook/oauth/callback**');
    expect(await page.locator('body').textContent()).toContain('Not granted: pages_manage_engagement.');
    const id = await toTheDialog(context, page, acme, personId, { ask_again: 'permissions' });
    await approve(page);
    await page.waitForURL('**/facebook/oauth/callback**');
    expect(await heading(page)).toBe('Almost there');
    const path = `${acme.path}/facebook/connections/${id}/pages`;
    const { pages } = await send(context, 'POST', path, { page_ids: pageIds });
    expect(pages[0].integration.facebook_page.status).toBe('healthy');
    await close();
  }, 120_000);
});
