import { hasChromium } from '@pagekeeper/testing/chromium';
import { buildConsole } from '@pagekeeper/testing/console';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, visit } from './browser.ts';
import { allLooks, look } from './look.ts';
import { everyPage, publicPages } from './pages.ts';

let network: Network;
let browser: Browser;

beforeAll(async () => {
  if (!hasChromium) return;
  await buildConsole();
  [network, browser] = await Promise.all([startNetwork(), openBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  // One job failed, to be looked at.
  await network?.stop({ jobsMayFail: true });
});

describe.skipIf(!hasChromium)('every page, light and dark, on a desk and on a phone', () => {
  it('has nothing against axe, nothing from outside, nothing too wide', async () => {
    const acme = await network.tenant('acme');
    await network.sql('update auth.users set is_staff = true where id = $1', [acme.owner.userId]);
    const paths = await everyPage(network, acme);
    const visitor = await visit(browser, network);
    const found: string[] = [];
    for (const path of publicPages) found.push(...(await look(visitor, path, allLooks)));
    await visitor.signIn(acme.owner.email);
    for (const path of paths) found.push(...(await look(visitor, path, allLooks)));
    expect([...found, ...visitor.complaints]).toEqual([]);
    await visitor.close();
  });
});
