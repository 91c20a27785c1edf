import { hasChromium } from '@pagekeeper/testing/chromium';
import { buildConsole } from '@pagekeeper/testing/console';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, visit } from './browser.ts';
import { look, lookInTurn } from './look.ts';
import { everyPage, hostileName, naughty, publicPages } from './pages.ts';

let network: Network;
let browser: Browser;
let acme: Tenant;
let paths: string[];

beforeAll(async () => {
  if (!hasChromium) return;
  await buildConsole();
  [network, browser] = await Promise.all([startNetwork(), openBrowser()]);
  acme = await network.tenant('acme');
  await network.sql('update auth.users set is_staff = true where id = $1', [acme.owner.userId]);
  paths = await everyPage(network, acme);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  // One job failed, to be looked at.
  await network?.stop({ jobsMayFail: true });
});

describe.skipIf(!hasChromium)('every page', () => {
  it('that everybody sees: nothing against axe, nothing from outside', async () => {
    const visitor = await visit(browser, network);
    const found: string[] = [];
    for (const [index, path] of publicPages.entries()) found.push(...(await look(visitor, path, lookInTurn(index))));
    expect([...found, ...visitor.complaints]).toEqual([]);
    await visitor.close();
  }, 120_000);

  it.each([1, 2, 3])(
    'of an organization with hostile names, third %i of 3: nothing against axe, nothing from outside, nothing too wide',
    async third => {
      const visitor = await visit(browser, network);
      await visitor.signIn(acme.owner.email);
      const found: string[] = [];
      for (const [index, path] of paths.entries()) {
        if (index % 3 === third - 1) found.push(...(await look(visitor, path, lookInTurn(index))));
      }
      expect([...found, ...visitor.complaints]).toEqual([]);
      await visitor.close();
    },
    180_000,
  );

  it('shows names letter by letter, whatever they are made of', async () => {
    const visitor = await visit(browser, network);
    await visitor.signIn(acme.owner.email);
    await visitor.go(`/organizations/${acme.organization.slug}/businesses`);
    await visitor.page.getByRole('row').nth(6).waitFor();
    const shown = await visitor.page.locator('tbody a bdi').allTextContents();
    expect(shown).toEqual(expect.arrayContaining(naughty.map(hostileName)));
    expect(await visitor.page.locator('main script, main img').count()).toBe(0);
    await visitor.close();
  }, 60_000);

  it('can be used with the keyboard alone: skip to the page, open the menu, leave a dialog', async () => {
    const visitor = await visit(browser, network);
    const { page } = visitor;
    await visitor.signIn(acme.owner.email);
    await visitor.go(`/organizations/${acme.organization.slug}/businesses`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the page');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent), { timeout: 10_000 })
      .toBe('New business');
    await visitor.close();
  }, 60_000);
});

describe.skipIf(!hasChromium)('what the api serves', () => {
  const get = (path: string, headers: Record<string, string> = { Accept: 'text/html' }) =>
    fetch(`${network.apiUrl}${path}`, { headers });

  it.each(['/', '/sign-in', '/organizations/acme/events', '/accept-invitation', '/admin'])(
    'is the console at %s, under a strict policy with a nonce of its own',
    async path => {
      const [one, two] = await Promise.all([get(path), get(path)]);
      expect([one.status, one.headers.get('cache-control')]).toEqual([200, 'no-store']);
      const policy = one.headers.get('content-security-policy')!;
      expect(policy).not.toContain('unsafe');
      expect(policy).not.toBe(two.headers.get('content-security-policy'));
      const nonce = /'nonce-([^']+)'/.exec(policy)![1]!;
      const text = await one.text();
      expect(text).toContain(`nonce="${nonce}"`);
      expect(text).not.toContain('__NONCE__');
      // No script stands in the page itself.
      expect([...text.matchAll(/<script[^>]*>([^<]*)<\/script>/g)].map(match => match[1])).toEqual(['']);
    },
  );

  it('is a 404 where no page is, and JSON for programs', async () => {
    const lost = await get('/nowhere');
    expect([lost.status, lost.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    for (const path of ['/nowhere', '/organizations/acme']) {
      const program = await get(path, { Accept: 'application/json' });
      expect([program.status, (await program.json()).code]).toEqual([404, 'no_such_route']);
    }
    for (const path of ['/v1/nowhere', '/assets/nothing.js', '/auth/nowhere']) {
      expect((await get(path)).headers.get('content-type')).toContain('application/problem+json');
    }
  });

  it('loads itself anew until page and files are of one release', async () => {
    const unknown = await get('/assets/index-0ther000.js');
    expect([unknown.status, unknown.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const visitor = await visit(browser, network);
    const { page } = visitor;
    let pages = 0;
    // The first is of another release.
    await page.route(/\/sign-in$/, async route => {
      const answer = await route.fetch();
      const text = await answer.text();
      pages += 1;
      const other = text.replace(/\/assets\/index-[\w-]{8}\.js/, '/assets/index-0ther000.js');
      await route.fulfill({ response: answer, body: pages === 1 ? other : text });
    });
    await page.goto(`${network.apiUrl}/sign-in`);
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    expect(pages).toBe(2);
    await visitor.close();
  }, 60_000);

  it('spares what is typed where a file is gone with its release', async () => {
    const visitor = await visit(browser, network);
    const { page } = visitor;
    await visitor.signIn(acme.owner.email);
    await visitor.go('/account');
    await page.getByRole('textbox', { name: 'Name' }).fill('Another Name');
    // As another release would: the page at "/" names other files.
    await page.route(`${network.apiUrl}/`, route => route.fulfill({ contentType: 'text/html', body: 'another' }));
    let loads = 0;
    page.on('load', () => {
      loads += 1;
    });
    await page.evaluate(() => dispatchEvent(new Event('vite:preloadError')));
    await page.getByText('There is a new release of this console.').waitFor();
    expect([loads, await page.getByRole('textbox', { name: 'Name' }).inputValue()]).toEqual([0, 'Another Name']);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await page.evaluate(() => dispatchEvent(new Event('vite:preloadError')));
    await expect.poll(() => loads, { timeout: 20_000 }).toBe(1);
    await visitor.close();
  }, 60_000);

  it('is compressed, and kept for good under its name', async () => {
    const page = await (await get('/')).text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)![1]!;
    const packed = await get(script);
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(packed.headers.get('cache-control')).toContain('immutable');
    const plain = await get(script, { 'Accept-Encoding': 'identity' });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(await packed.text());
  });
});
