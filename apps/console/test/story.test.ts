import { hasChromium } from '@pagekeeper/testing/chromium';
import { buildConsole } from '@pagekeeper/testing/console';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, password, see, type Visitor, visit } from './browser.ts';

const patience = 30_000;

let network: Network;
let browser: Browser;
let nora: Visitor;

beforeAll(async () => {
  if (!hasChromium) return;
  await buildConsole();
  [network, browser] = await Promise.all([startNetwork({ mail: true }), openBrowser()]);
  nora = await visit(browser, network);
  nora.page.setDefaultTimeout(patience);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await network?.stop();
});

/** A person of Facebook's: one page that they manage, one that they may only look at. */
async function personWithPages(): Promise<{ id: string; pageId: string }> {
  const pages = [{ name: 'Corner Shop' }, { name: 'Not Mine', tasks: ['ANALYZE'] }];
  const { id, pages: made } = await network.simulator.post('/__sim/people', { name: 'Nora New', pages });
  return { id, pageId: made[0].id };
}

const comment = (pageId: string, text: string) =>
  network.simulator.post(`/__sim/pages/${pageId}/comments`, { from: { name: 'Ana' }, text });

/** Through the simulator's dialog, and on from the page that says what came of it. */
async function approve(page: Page, personId: string): Promise<void> {
  await page.locator(`a.choice[href*="person_id=${personId}"]`).click();
  await page.getByRole('button', { name: /^Continue as/ }).click();
  await page.getByRole('link', { name: 'Go on in Pagekeeper' }).click();
}

/** By the menu, to the page with that heading; the overview has the organization's name for one. */
async function follow(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
  const heading = name === 'Overview' ? 'Corner & Sons' : name;
  await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
}

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();

describe.skipIf(!hasChromium)('the main story', () => {
  let person: { id: string; pageId: string };

  it('begins with an account, an organization and a business', async () => {
    const { page, go } = nora;
    await go('/');
    await page.getByRole('link', { name: 'Create an account' }).click();
    await page.getByLabel('Your name').fill('Nora New');
    await page.getByLabel('E-mail address').fill('nora@shop.example');
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await press(page, 'Create account');
    await page.getByRole('heading', { name: 'New organization' }).waitFor();
    await page.getByLabel('Name').fill('Corner & Sons');
    await press(page, 'Make it');
    await page.getByRole('heading', { name: 'Corner & Sons' }).waitFor();
    await press(page, 'New business');
    await page.getByLabel('Name', { exact: true }).fill('Shop');
    await press(page, 'Make it');
    await page.getByRole('heading', { level: 1, name: 'Shop' }).waitFor();
    await see(page, 'No page is connected yet');
  }, 60_000);

  it('connects a page, and says why the other one cannot be', async () => {
    const { page } = nora;
    person = await personWithPages();
    await page.getByRole('link', { name: 'Connect a page' }).first().click();
    await press(page, 'Go on to Facebook');
    await approve(page, person.id);
    await see(page, 'Facebook shows 2 pages.');
    expect(await page.getByRole('checkbox', { name: 'Not Mine' }).isDisabled()).toBe(true);
    await see(page, 'Cannot be connected');
    expect(await page.getByRole('checkbox', { name: 'Corner Shop' }).isChecked()).toBe(true);
    await press(page, 'Connect 1 page');
    await see(page, '1 page connected and checked');
    await see(page, 'Healthy');
  }, 60_000);

  it('answers in shadow, then live, and shows it as it happens', async () => {
    const { page } = nora;
    await page.getByRole('link', { name: 'Corner Shop' }).click();
    await page.getByRole('tab', { name: 'Replies' }).click();
    await page.getByRole('radio', { name: 'Shadow' }).check();
    await page.getByLabel('Answer to a comment').fill('Hello {sender_name}, thank you!');
    await press(page, 'Save');
    await see(page, 'Saved. It holds from now on.');
    await follow(page, 'Replies');
    await see(page, 'Live');
    await comment(person.pageId, 'Is this in stock?');
    await see(page, 'Shadow: not sent');

    await follow(page, 'Pages');
    await page.getByRole('link', { name: 'Corner Shop' }).click();
    await page.getByRole('tab', { name: 'Replies' }).click();
    await press(page, 'Show the preview');
    await see(page, 'Hello Ana, thank you!');
    await page.getByRole('radio', { name: 'Live' }).check();
    await press(page, 'Save');
    await see(page, 'Saved. It holds from now on.');
    await follow(page, 'Events');
    await see(page, 'Live');
    await page.getByRole('link', { name: 'New comment' }).first().waitFor();
    const before = await page.getByRole('row').count();
    await comment(person.pageId, 'And this?');
    await expect.poll(() => page.getByRole('row').count(), { timeout: patience }).toBeGreaterThan(before);
    await follow(page, 'Replies');
    await see(page, 'Sent');
    await press(page, /^Show$/);
    await page.getByRole('dialog').getByText('Hello Ana, thank you!').waitFor();
    await page.keyboard.press('Escape');
  }, 90_000);

  it('opens an event, and has it worked through again', async () => {
    const { page } = nora;
    await follow(page, 'Events');
    await page.getByRole('link', { name: 'New comment' }).last().click();
    await see(page, 'Is this in stock?');
    await press(page, 'Work through it again');
    await see(page, 'It will be worked through again.');
    await follow(page, 'Events');
    await press(page, 'Replay these');
    await press(page, 'Only count');
    await see(page, /events? would be replayed/);
    await page.keyboard.press('Escape');
  }, 60_000);

  it('raises the alarm when the password changes, and is healed by a fresh login', async () => {
    const { page } = nora;
    await network.simulator.post(`/__sim/people/${person.id}/events`, { type: 'password_change' });
    await follow(page, 'Pages');
    await page.getByRole('link', { name: 'Corner Shop' }).click();
    await press(page, 'Check now');
    await page.getByRole('alert').getByText('Reconnect needed').waitFor();
    await follow(page, 'Overview');
    await see(page, 'What needs you');
    await see(page, 'Reconnect needed');
    await press(page, 'Reconnect');
    await approve(page, person.id);
    await see(page, 'To be reconnected');
    await press(page, 'Reconnect');
    await see(page, '1 page connected and checked');
    await follow(page, 'Overview');
    await see(page, 'Nothing needs you today.');
    await see(page, '1 healthy');
  }, 90_000);

  it('takes a deactivation back from the message about it', async () => {
    const { page } = nora;
    await follow(page, 'Businesses');
    await press(page, 'What to do with Shop');
    await page.getByRole('menuitem', { name: 'Deactivate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
    await see(page, 'No business yet');
    await press(page, 'Undo');
    await page.getByRole('link', { name: 'Shop', exact: true }).waitFor();
  }, 60_000);

  it('explains a conflict, and loses nothing of either side', async () => {
    const { page, context } = nora;
    await press(page, 'What to do with Shop');
    await page.getByRole('menuitem', { name: 'Change' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Description').fill('Mine');
    const list = page.url().replace('/organizations/', '/v1/organizations/');
    const [{ id }] = (await (await context.request.get(list)).json()).data;
    const headers = { Origin: network.apiUrl };
    await context.request.patch(`${list}/${id}`, { headers, data: { description: 'Theirs' } });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await see(page, 'Somebody else changed this in the meantime');
    await press(page, 'Load their version');
    await expect.poll(() => dialog.getByLabel('Description').inputValue(), { timeout: patience }).toBe('Theirs');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await see(page, 'Saved.');
  }, 60_000);

  it('invites a colleague, who accepts from the mail', async () => {
    const { page } = nora;
    await follow(page, 'Invitations');
    await press(page, 'Invite somebody');
    await page.getByRole('dialog').getByLabel('E-mail address').fill('carl@shop.example');
    await press(page, 'Send the invitation');
    await see(page, 'The mail is on its way');
    await press(page, 'Done');

    const carl = await visit(browser, network);
    carl.page.setDefaultTimeout(patience);
    const [invitation] = await network.mailsTo('carl@shop.example');
    await carl.page.goto(/http\S+accept-invitation\S+/.exec(invitation!.text)![0]);
    await carl.page.getByRole('link', { name: 'Create an account' }).click();
    await carl.page.getByLabel('Your name').fill('Carl Colleague');
    await carl.page.getByLabel('E-mail address').fill('carl@shop.example');
    await carl.page.getByRole('textbox', { name: 'Password' }).fill(password);
    await press(carl.page, 'Create account');
    await press(carl.page, 'Accept the invitation');
    await see(carl.page, 'Verify your e-mail address first');
    const mails = await network.mailsTo('carl@shop.example', 2);
    const link = mails.map(({ text }) => /http\S+verify-email\S+/.exec(text)?.[0]).find(Boolean);
    await carl.page.goto(link!);
    await carl.page.getByRole('link', { name: 'Go on to your invitation' }).click();
    await press(carl.page, 'Accept the invitation');
    await carl.page.getByRole('heading', { name: 'Corner & Sons' }).waitFor();
    // A member sees everything and is offered nothing that they may not do.
    await follow(carl.page, 'Pages');
    await carl.page.getByRole('link', { name: 'Corner Shop' }).waitFor();
    expect(await carl.page.getByRole('link', { name: 'Connect a page' }).count()).toBe(0);
    expect(carl.complaints).toEqual([]);
    await carl.close();
  }, 90_000);

  it('shows an API key once, and pauses all replies with one button', async () => {
    const { page } = nora;
    await follow(page, 'API keys');
    await press(page, 'New API key');
    await page.getByRole('dialog').getByLabel('Name').fill('Shop system');
    await press(page, 'Make the key');
    const secret = (await page.getByRole('dialog').getByLabel('Secret', { exact: true }).textContent())!;
    expect(secret).toMatch(/^pgk_live_/);
    await press(page, 'I have copied it');
    await see(page, 'Shop system');
    expect(await page.content()).not.toContain(secret);

    await follow(page, 'Settings');
    await press(page, 'Pause all replies');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause all replies' }).click();
    await see(page, 'Replies are paused');
    await press(page, 'Go on replying');
    await see(page, 'Replies run');
  }, 60_000);

  it('signs out, in again, and asked nobody outside for anything', async () => {
    const { page, go } = nora;
    await press(page, /account and colours/);
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await go('/organizations/corner-sons/events?state=failed');
    await page.getByLabel('E-mail address').fill('nora@shop.example');
    await page.getByRole('textbox', { name: 'Password' }).fill('a wrong password');
    await press(page, 'Sign in');
    await page.getByRole('alert').getByText('E-mail address or password is wrong').waitFor();
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await press(page, 'Sign in');
    await see(page, 'Nothing fits');
    expect(page.url()).toContain('state=failed');
    expect(nora.complaints).toEqual([]);
  }, 60_000);
});
