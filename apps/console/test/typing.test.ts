import { hasChromium } from '@pagekeeper/testing/chromium';
import { buildConsole } from '@pagekeeper/testing/console';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBrowser, type Visitor, visit } from './browser.ts';

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
}, 30_000);

const at = (path: string): string => `/organizations/${acme.organization.slug}/${path}`;
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const configOf = async (id: string) =>
  (await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${id}`))).config;

describe.skipIf(!hasChromium)('what somebody types about a page’s replies', () => {
  it('is there after a look at another part, and not on another page', async () => {
    const [first, second] = [await acme.connectPage(), await acme.connectPage()];
    const { page, go, close, complaints } = visitor;
    await go(at(`integrations/${first.id}?tab=replies`));
    const answer = page.getByLabel('Answer to a message');
    await answer.fill('Hello from the first page!');
    await page.getByRole('tab', { name: 'Health' }).click();
    await page.getByRole('region', { name: 'History' }).waitFor();
    await page.getByRole('tab', { name: 'Replies' }).click();
    expect(await answer.inputValue()).toBe('Hello from the first page!');
    // Without loading the console anew, as the browser's own buttons do.
    const path = at(`integrations/${second.id}?tab=replies`);
    await page.evaluate(to => {
      history.pushState({}, '', to);
      dispatchEvent(new PopStateEvent('popstate'));
    }, path);
    await expect.poll(() => answer.inputValue(), { timeout: 20_000 }).toBe('');
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);

  it('is kept when the session ends meanwhile, and saved after signing in again', async () => {
    const { id } = await acme.connectPage();
    const { page, go, close, context, signIn } = visitor;
    await go(at(`integrations/${id}?tab=replies`));
    await page.getByLabel('Answer to a message').fill('We open at nine.');
    await context.clearCookies();
    await page.getByRole('tab', { name: 'Health' }).click();
    // The page is read again every ten seconds.
    await page.waitForResponse(answer => answer.status() === 401);
    await press(page, 'Check now');
    await page.getByRole('alert').getByText('You are signed out').waitFor();
    await page.getByRole('tab', { name: 'Replies' }).click();
    await press(page, 'Save');
    await page.locator('form').getByRole('alert').getByText('You are signed out').waitFor();
    await signIn(acme.owner.email);
    await press(page, 'Save');
    await page.getByText('Saved. It holds from now on.').waitFor();
    expect((await configOf(id)).message_reply).toEqual({ text: 'We open at nine.' });
    await close();
  }, 90_000);
});

describe.skipIf(!hasChromium)('what nobody has typed about', () => {
  it('follows somebody else’s change', async () => {
    const { id } = await acme.connectPage();
    const { page, go, close, complaints } = visitor;
    await go(at(`integrations/${id}`));
    await page.getByRole('region', { name: 'History' }).waitFor();
    const message_reply = { text: 'From another window.' };
    await acme.admin.expect(200, acme.admin.patch(`${acme.path}/integrations/${id}`, { config: { message_reply } }));
    await page.getByRole('tab', { name: 'Replies' }).click();
    const answer = page.getByLabel('Answer to a message');
    await expect.poll(() => answer.inputValue(), { timeout: 20_000 }).toBe(message_reply.text);
    await answer.fill('And from this one.');
    await press(page, 'Save');
    await page.getByText('Saved. It holds from now on.').waitFor();
    expect((await configOf(id)).message_reply).toEqual({ text: 'And from this one.' });
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);
});

describe.skipIf(!hasChromium)('a day', () => {
  it('is typed with the keyboard, in the audit log as among the events', async () => {
    const { page, go, close, complaints } = visitor;
    for (const path of ['audit', 'events']) {
      await go(at(path));
      const from = page.getByLabel('From');
      await from.focus();
      await page.keyboard.type('05012026', { delay: 60 });
      expect(await from.inputValue()).toBe('2026-05-01');
      await expect.poll(() => new URL(page.url()).searchParams.get('since'), { timeout: 10_000 }).toMatch(/^2026-0/);
      expect(await from.inputValue()).toBe('2026-05-01');
      await from.fill('');
      await from.blur();
      await expect.poll(() => new URL(page.url()).searchParams.get('since'), { timeout: 10_000 }).toBeNull();
    }
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);
});

describe.skipIf(!hasChromium)('the settings', () => {
  it('take a new name after one’s own switch, which is nobody else’s change', async () => {
    const { page, go, close, complaints } = visitor;
    await go(at('settings'));
    await page.getByLabel('Name', { exact: true }).fill('Acme and Daughters');
    await press(page, 'Pause all replies');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause all replies' }).click();
    await page.getByText('Replies are paused', { exact: true }).waitFor();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Acme and Daughters');
    await press(page, 'Save');
    await page.getByText('Saved.').waitFor();
    expect((await acme.owner.expect(200, acme.owner.get(acme.path))).name).toBe('Acme and Daughters');
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);
});

describe.skipIf(!hasChromium)('the secret of a rotated API key', () => {
  it('is shown also where the old key is on the next page of the list then', async () => {
    for (let index = 1; index <= 25; index += 1) await acme.program({ role: 'MEMBER', name: `Key ${index}` });
    const { page, go, close, complaints } = visitor;
    await go(at('api-keys'));
    await page.getByRole('button', { name: 'What to do with Key 1', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Rotate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
    await page.getByText('Rotated.').waitFor();
    const secret = await page.getByRole('dialog').getByLabel('Secret', { exact: true }).textContent();
    expect(secret).toMatch(/^pgk_live_/);
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);
});
