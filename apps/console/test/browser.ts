import { AxeBuilder } from '@axe-core/playwright';
import { chromiumPath } from '@pagekeeper/testing/chromium';
import type { Network } from '@pagekeeper/testing/network/network';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'], timeout: 60_000 });

export const password = 'pagekeeper-demo';

/** Somebody at a browser of their own, and what went wrong in it. */
export interface Visitor {
  context: BrowserContext;
  page: Page;
  /** Requests to anybody but the api and the simulator, violations of the policy, and errors of scripts. */
  complaints: string[];
  /** Opens a page of the console and waits until it is there. */
  go(path: string): Promise<void>;
  /** Signs in without the form. */
  signIn(email: string): Promise<void>;
  close(): Promise<void>;
}

/** Refusals that a test provokes are in the browser's log too; what counts is what the page did. */
const isComplaint = (text: string): boolean => !text.startsWith('Failed to load resource');

export async function visit(browser: Browser, network: Network, options: object = {}): Promise<Visitor> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const known = new Set([network.apiUrl, network.simulator.url]);
  const complaints: string[] = [];
  context.on('request', request => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && !known.has(origin)) complaints.push(`foreign request: ${request.url()}`);
  });
  context.on('console', message => {
    if (['error', 'warning'].includes(message.type()) && isComplaint(message.text())) complaints.push(message.text());
  });
  context.on('weberror', error => complaints.push(error.error().message));
  return {
    context,
    page,
    complaints,
    go: async path => {
      await page.goto(`${network.apiUrl}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
    signIn: async email => {
      const headers = { Origin: network.apiUrl };
      const data = { email: email.toLowerCase(), password };
      const answer = await context.request.post(`${network.apiUrl}/auth/sign-in/email`, { headers, data });
      if (!answer.ok()) throw new Error(`${email} could not sign in: ${answer.status()}`);
    },
    close: () => context.close(),
  };
}

/** Waits for the page of that name. */
export const heading = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('heading', { level: 1, name }).waitFor();

/** Waits for words that can be seen. */
export const see = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByText(text).filter({ visible: true }).first().waitFor();

/** What axe finds on the page as it is now, in a line each. */
export async function flaws(page: Page): Promise<string[]> {
  // The other mode opens a second page for each look, to join what stands in frames; we have none.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(node => `${id}: ${node.target.join(' ')} ${node.failureSummary}`),
  );
}
