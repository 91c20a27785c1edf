import { hasChromium } from '@pagekeeper/testing/chromium';
import { buildConsole } from '@pagekeeper/testing/console';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { totp } from '@pagekeeper/testing/totp';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flaws, heading, openBrowser, password, type Visitor, visit } from './browser.ts';

let network: Network;
let browser: Browser;

beforeAll(async () => {
  if (!hasChromium) return;
  await buildConsole();
  [network, browser] = await Promise.all([startNetwork({ mail: true }), openBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await network?.stop();
});

async function arrive(): Promise<Visitor> {
  const visitor = await visit(browser, network);
  visitor.page.setDefaultTimeout(30_000);
  return visitor;
}

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();

async function signInByForm(page: Page, email: string, secret: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(secret);
  await press(page, 'Sign in');
}

describe.skipIf(!hasChromium)('an account', () => {
  it('gets a new password by mail, and the address shows no token', async () => {
    const fay = await network.persona('Fay Forgot').signUp();
    const { page, go, complaints, close } = await arrive();
    await go('/sign-in');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await heading(page, 'Forgot your password?');
    await page.getByLabel('E-mail address').fill(fay.email);
    await press(page, 'Send the link');
    await heading(page, 'Look into your mail');
    const mails = await network.mailsTo(fay.email.toLowerCase(), 2);
    await page.goto(mails.map(({ text }) => /http\S+reset-password\S+/.exec(text)?.[0]).find(Boolean)!);
    await heading(page, 'Choose a new password');
    expect(page.url()).not.toContain('token');
    await page.getByRole('textbox', { name: 'New password' }).fill('short');
    await press(page, 'Set the password');
    await page.getByRole('textbox', { name: 'New password' }).fill('quite another one');
    await press(page, 'Set the password');
    await heading(page, 'Your new password is set');
    await press(page, 'Sign in');
    await signInByForm(page, fay.email, 'quite another one');
    await heading(page, 'New organization');
    expect(complaints).toEqual([]);
    await close();
  }, 90_000);

  it('turns a second factor on, and is asked for it', async () => {
    const tia = await network.persona('Tia Two').signUp();
    const { page, context, go, signIn, complaints, close } = await arrive();
    await signIn(tia.email);
    await go('/account');
    await press(page, 'Turn it on');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Your password' }).fill(password);
    await press(page, 'Go on');
    await dialog.getByRole('img', { name: 'The key as a QR code' }).waitFor();
    expect(await flaws(page)).toEqual([]);
    const uri = (await dialog.getByRole('link', { name: /open the app/ }).getAttribute('href'))!;
    await dialog.getByLabel(/The code that the app shows/).fill(totp(uri));
    await dialog.getByRole('button', { name: 'Turn it on' }).click();
    await page.getByText('The second factor is on.').waitFor();
    await context.clearCookies();
    await go('/sign-in?next=/account');
    await signInByForm(page, tia.email, password);
    await heading(page, 'One more step');
    await page.getByLabel('Code').fill('000000');
    await press(page, 'Go on');
    await page.getByRole('alert').getByText('The code is wrong').waitFor();
    // Ten minutes after the password, it is asked for once more.
    await context.clearCookies({ name: /two_factor/ });
    await page.getByLabel('Code').fill(totp(uri));
    await press(page, 'Go on');
    await page.getByRole('alert').getByText('That took too long').waitFor();
    await signInByForm(page, tia.email, password);
    await heading(page, 'One more step');
    await page.getByLabel('Code').fill(totp(uri));
    await press(page, 'Go on');
    await heading(page, 'Your account');
    expect(complaints).toEqual([]);
    await close();
  }, 90_000);

  it('of an admin offers nothing over an owner, and of a member the preview of a page’s replies', async () => {
    const acme = await network.tenant('acme');
    const { id } = await acme.connectPage();
    const at = `/organizations/${acme.organization.slug}`;
    const { page, go, signIn, complaints, close } = await arrive();
    await signIn(acme.admin.email);
    await go(`${at}/members`);
    const menuOf = ({ name }: { name: string }) => page.getByRole('button', { name: `What to do with ${name}` });
    await menuOf(acme.member).waitFor();
    expect(await menuOf(acme.owner).count()).toBe(0);
    await signIn(acme.member.email);
    await go(`${at}/integrations/${id}?tab=replies`);
    await page.getByText('Changing this takes an admin or owner.').waitFor();
    await press(page, 'Show the preview');
    await page.getByText('Nobody has written yet.').waitFor();
    expect(complaints).toEqual([]);
    await close();
  }, 90_000);

  it('whose session ended is asked to sign in, and comes back to where it was', async () => {
    const acme = await network.tenant('acme');
    const { page, context, go, signIn, close } = await arrive();
    await signIn(acme.owner.email);
    await go(`/organizations/${acme.organization.slug}/members`);
    await context.clearCookies();
    await page.getByRole('navigation').getByRole('link', { name: 'Businesses' }).click();
    await heading(page, 'Sign in');
    await signInByForm(page, acme.owner.email, password);
    await heading(page, 'Businesses');
    await close();
  }, 90_000);

  it('is asked to sign in again while typing, and loses nothing; another person begins at their own home', async () => {
    const [acme, rival] = await Promise.all([network.tenant('acme'), network.tenant('rival')]);
    const { page, context, go, signIn, close } = await arrive();
    await signIn(acme.owner.email);
    await go(`/organizations/${acme.organization.slug}/settings`);
    await page.getByLabel('Name', { exact: true }).fill('Renamed');
    await context.clearCookies();
    await press(page, 'Save');
    await page.getByRole('alert').getByText('You are signed out').waitFor();
    await signIn(acme.owner.email);
    await press(page, 'Save');
    await page.getByText('Saved.').waitFor();

    await signIn(rival.owner.email);
    // Who comes back to this tab: the browser tells the page.
    const comeBack = () => page.evaluate(() => globalThis.dispatchEvent(new Event('visibilitychange'))).catch(() => {});
    const theirs = page.getByRole('heading', { level: 1, name: rival.organization.slug });
    await expect.poll(() => comeBack().then(() => theirs.count()), { timeout: 30_000 }).toBe(1);
    expect(await page.getByText('Renamed').count()).toBe(0);
    await close();
  }, 90_000);

  it('is left for good, once its organization has another owner', async () => {
    const acme = await network.tenant('acme');
    const { owner, admin, organization } = acme;
    const { page, go, signIn, complaints, close } = await arrive();
    await signIn(owner.email);
    await go('/account');
    const leave = async (secret: string) => {
      await press(page, 'Leave for good');
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Your password' }).fill(secret);
      await dialog.getByRole('button', { name: 'Leave for good' }).click();
      return dialog;
    };
    const dialog = await leave('a wrong password');
    await dialog.getByRole('alert').getByText('The password is wrong or missing').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await leave(password);
    await dialog.getByRole('alert').getByText('An organization needs an OWNER').waitFor();
    await dialog.getByText(organization.slug).waitFor();
    expect(await flaws(page)).toEqual([]);
    await dialog.getByRole('link', { name: 'hand it over' }).click();
    await heading(page, 'Members');
    await page.getByRole('button', { name: `What to do with ${admin.name}` }).click();
    await page.getByRole('menuitem', { name: 'Hand the organization over' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Hand it over' }).click();
    await page.getByText('Handed over.').waitFor();
    await go('/account');
    await leave(password);
    await heading(page, 'Sign in');
    await signInByForm(page, owner.email, password);
    await page.getByRole('alert').getByText('E-mail address or password is wrong').waitFor();
    expect(complaints).toEqual([]);
    await close();
  }, 90_000);

  it('is told when it could not be signed out', async () => {
    const nell = await network.persona('Nell Network').signUp();
    const { page, context, go, signIn, close } = await arrive();
    await signIn(nell.email);
    await go('/account');
    const signOut = async () => {
      await press(page, /account and colours/);
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
    };
    await context.setOffline(true);
    await signOut();
    await page.locator('.mantine-Notification-root').getByText('Pagekeeper cannot be reached').waitFor();
    await heading(page, 'Your account');
    await context.setOffline(false);
    await signOut();
    await heading(page, 'Sign in');
    await close();
  }, 90_000);

  it('that an invitation was not for makes room for the one that it was for', async () => {
    const [acme, guest, stranger] = await Promise.all([
      network.tenant('acme'),
      network.persona('Gwen Guest').signUp(),
      network.persona('Stan Stranger').signUp(),
    ]);
    await network.sql('update auth.users set email_verified = true where id = $1', [guest.userId]);
    const body = { email: guest.email, role: 'MEMBER' };
    const { accept_url } = await acme.owner.expect(201, acme.owner.post(`${acme.path}/invitations`, body));
    const { page, signIn, complaints, close } = await arrive();
    await signIn(stranger.email);
    await page.goto(accept_url);
    await press(page, 'Accept the invitation');
    await page.getByRole('alert').getByText('The invitation is for another e-mail address').waitFor();
    expect(await flaws(page)).toEqual([]);
    await press(page, 'Use another account');
    await heading(page, 'You are invited');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await signInByForm(page, guest.email, password);
    await page.getByText(guest.email.toLowerCase()).waitFor();
    await press(page, 'Accept the invitation');
    await heading(page, acme.organization.slug);
    expect(complaints).toEqual([]);
    await close();
  }, 90_000);

  it('goes to no other site after signing in, whatever the address says', async () => {
    const eve = await network.persona('Eve Elsewhere').signUp();
    const { page, go, close } = await arrive();
    for (const next of ['https://evil.example/', '//evil.example', '\\\\evil.example', 'javascript:alert(1)']) {
      await page.context().clearCookies();
      await go(`/sign-in?next=${encodeURIComponent(next)}`);
      await signInByForm(page, eve.email, password);
      await page.waitForURL(url => url.pathname !== '/sign-in');
      expect(new URL(page.url()).origin).toBe(network.apiUrl);
    }
    await close();
  }, 120_000);
});

describe.skipIf(!hasChromium)('staff', () => {
  it('enter with a reason, which the people read in their audit log', async () => {
    const [acme, sam] = await Promise.all([network.tenant('acme'), network.persona('Sam Staff').signUp()]);
    await network.sql('update auth.users set is_staff = true where id = $1', [sam.userId]);
    const staff = await arrive();
    await staff.signIn(sam.email);
    await staff.go('/');
    await heading(staff.page, 'All organizations');
    await staff.page.getByLabel('Search').fill(acme.organization.slug);
    await staff.page.keyboard.press('Enter');
    await staff.page.getByRole('row', { name: acme.organization.slug }).getByRole('button', { name: 'Enter' }).click();
    await staff.page.getByLabel('Reason').fill('They asked <b>for help</b>.');
    await press(staff.page, 'Enter for an hour');
    await staff.page.getByText('You are here as staff').waitFor();
    await staff.close();

    const owner = await arrive();
    await owner.signIn(acme.owner.email);
    await owner.go(`/organizations/${acme.organization.slug}/audit`);
    await owner.page.getByText('“They asked <b>for help</b>.”').waitFor();
    await owner.page.getByText('Staff of Pagekeeper').first().waitFor();
    expect([...staff.complaints, ...owner.complaints]).toEqual([]);
    await owner.close();
  }, 90_000);

  it('pages are for staff alone', async () => {
    const acme = await network.tenant('acme');
    const { page, go, signIn, close } = await arrive();
    await signIn(acme.owner.email);
    await go('/admin');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('table').count()).toBe(0);
    await close();
  }, 60_000);
});
