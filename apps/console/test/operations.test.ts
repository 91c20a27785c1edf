import { hasChromium } from '@pagekeeper/testing/chromium';
import { buildConsole } from '@pagekeeper/testing/console';
import { leaveFailedJob } from '@pagekeeper/testing/foreign-job';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flaws, heading, openBrowser, see, type Visitor, visit } from './browser.ts';

let network: Network;
let browser: Browser;
let acme: Tenant;

beforeAll(async () => {
  if (!hasChromium) return;
  await buildConsole();
  [network, browser] = await Promise.all([startNetwork(), openBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  // One job failed, to be looked at.
  await network?.stop({ jobsMayFail: true });
});

beforeEach(async () => {
  if (hasChromium) acme = await network.tenant('acme');
}, 30_000);

async function arrive(email: string): Promise<Visitor> {
  const visitor = await visit(browser, network);
  visitor.page.setDefaultTimeout(30_000);
  await visitor.signIn(email);
  return visitor;
}

describe.skipIf(!hasChromium)('staff', () => {
  it('see how the system is, what failed and why, and have it tried again', async () => {
    const sam = await network.persona('Sam Staff').signUp();
    await network.sql('update auth.users set is_staff = true where id = $1', [sam.userId]);
    const { page, go, complaints, close } = await arrive(sam.email);
    await go('/admin');
    await page.getByRole('navigation').getByRole('link', { name: 'System health' }).click();
    await heading(page, 'System health');
    await see(page, 'All is well');
    await see(page, /^PostgreSQL \d+/);

    const id = await leaveFailedJob(network.services.queue, acme.uuid);
    await see(page, '1 thing to look at');
    await page.getByRole('link', { name: 'Queues' }).first().click();
    await heading(page, 'Queues');
    const row = page.getByRole('table', { name: 'failed jobs' }).getByRole('row', { name: 'demo.fails-on-purpose' });
    await row.getByText('No handler for job demo.fails-on-purpose in this release.').waitFor();
    await row.getByText(acme.organization.id).waitFor();
    await page.getByRole('list', { name: 'Kinds of jobs' }).getByText('webhooks.keep-partitions').waitFor();
    const failedAt = async () => (await network.services.queue.failedJobs({ offset: 0, limit: 9 }))[0]?.failedAt;
    const before = (await failedAt())!;
    await row.getByRole('button', { name: 'Retry demo.fails-on-purpose' }).dblclick();
    await see(page, 'demo.fails-on-purpose is tried again.');
    await expect.poll(async () => (await failedAt())! > before, { timeout: 20_000 }).toBe(true);
    expect((await network.services.queue.failedJobs({ offset: 0, limit: 9 })).map(job => job.id)).toEqual([id]);
    expect(complaints).toEqual([]);
    await close();
  }, 90_000);

  it('are the only ones who see any of it', async () => {
    const { page, go, close } = await arrive(acme.owner.email);
    for (const path of ['/admin/system', '/admin/queues']) {
      await go(path);
      await page.getByRole('alert').getByText('This is for staff.').waitFor();
      expect(await page.getByRole('table').count()).toBe(0);
    }
    expect(await page.getByRole('link', { name: 'Queues' }).count()).toBe(0);
    await close();
  }, 60_000);
});

describe.skipIf(!hasChromium)('the history of a page', () => {
  it('tells when it died, of what, and that it came back', async () => {
    const connected = await acme.connectPage();
    await network.simulator.post(`/__sim/people/${connected.page.personId}/events`, { type: 'checkpoint' });
    await acme.refresh(connected.id);
    const { page, go, complaints, close } = await arrive(acme.member.email);
    await go(`/organizations/${acme.organization.slug}/integrations/${connected.id}`);
    const history = page.getByRole('region', { name: 'History' });
    await history.getByText('Blocked at Facebook').waitFor();
    await history.getByText('Facebook wants the person to confirm their account.').waitFor();
    expect(await history.getByRole('listitem').count()).toBe(2);
    await network.simulator.post(`/__sim/people/${connected.page.personId}/events`, { type: 'checkpoint_lifted' });
    await acme.refresh(connected.id);
    // By itself.
    await expect.poll(() => history.getByRole('listitem').count(), { timeout: 30_000 }).toBe(3);
    expect(await history.getByRole('listitem').first().textContent()).toMatch(/^Healthysince [^,]+, \d\d:\d\d$/);
    expect(complaints).toEqual([]);
    await close();
  }, 90_000);

  it('stays when the page is deactivated, in another tab too, and it can be restored from there', async () => {
    const connected = await acme.connectPage();
    const { page, context, go, complaints, close } = await arrive(acme.owner.email);
    await go(`/organizations/${acme.organization.slug}/integrations/${connected.id}`);
    await page.getByRole('tab', { name: 'Health' }).waitFor();
    const headers = { Origin: network.apiUrl };
    await context.request.delete(`${network.apiUrl}${acme.path}/integrations/${connected.id}`, { headers });
    await see(page, 'This page is deactivated');
    await page.getByRole('region', { name: 'History' }).getByText('Healthy').waitFor();
    expect(await page.getByRole('tab').count()).toBe(0);
    await page.getByRole('button', { name: /What to do with/ }).click();
    await page.getByRole('menuitem', { name: 'Restore' }).click();
    await page.getByRole('tab', { name: 'Health' }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  }, 90_000);

  it('says what will be there before there is anything', async () => {
    const { path, business, owner, organization } = acme;
    const body = { integration_type: 'FACEBOOK_PAGE', name: 'No page yet' };
    const { id } = await owner.expect(201, owner.post(`${path}/businesses/${business.id}/integrations`, body));
    const { page, go, close } = await arrive(owner.email);
    await go(`/organizations/${organization.slug}/integrations/${id}`);
    await see(page, 'Nothing has changed yet');
    await close();
  }, 60_000);
});

describe.skipIf(!hasChromium)('an organization', () => {
  it('is erased by its owner, who types its short name and watches it go', async () => {
    const { slug } = acme.organization;
    await acme.connectPage();
    const { page, go, complaints, close } = await arrive(acme.owner.email);
    await go(`/organizations/${slug}/settings`);
    await page.getByRole('button', { name: 'Erase for good' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('There is no way back').waitFor();
    expect(await flaws(page)).toEqual([]);
    const erase = dialog.getByRole('button', { name: 'Erase for good' });
    const typed = dialog.getByRole('textbox');
    for (const wrong of ['', slug.toUpperCase(), `${slug} `, slug.slice(0, -1)]) {
      await typed.fill(wrong);
      expect(await erase.isDisabled()).toBe(true);
      await typed.press('Enter');
    }
    await acme.owner.expect(200, acme.owner.get(acme.path));
    await typed.fill(slug);
    await erase.dblclick();
    await heading(page, 'Everything is erased');
    await see(page, /\d+ rows erased/);
    expect(await network.sql('select from organizations where id = $1', [acme.uuid])).toEqual([]);
    expect(page.url()).toContain('/purges/pur_');
    expect(await flaws(page)).toEqual([]);

    await page.getByRole('link', { name: 'Your organizations' }).click();
    await see(page, 'You are in no organization');
    // Back leads to the report, and what is gone stays gone.
    await page.goBack();
    await heading(page, 'Everything is erased');
    expect(complaints).toEqual([]);
    await go(`/organizations/${slug}`);
    await heading(page, 'There is no such thing here');
    await close();
  }, 90_000);

  it('that is deactivated can be erased too, and an admin is offered neither', async () => {
    const admin = await arrive(acme.admin.email);
    await admin.go(`/organizations/${acme.organization.slug}/settings`);
    await see(admin.page, 'Kill switch');
    expect(await admin.page.getByRole('button', { name: 'Erase for good' }).count()).toBe(0);
    await admin.close();

    await acme.owner.expect(204, acme.owner.delete(acme.path));
    const { page, go, close } = await arrive(acme.owner.email);
    await go('/organizations?active=false');
    await page.getByRole('button', { name: /What to do with/ }).click();
    await page.getByRole('menuitem', { name: 'Erase for good' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill(acme.organization.slug);
    await page.getByRole('dialog').getByRole('button', { name: 'Erase for good' }).click();
    await heading(page, 'Everything is erased');
    await close();
  }, 90_000);
});

describe.skipIf(!hasChromium)('an owner', () => {
  it('who hands the organization over keeps the role, as the question says', async () => {
    const { owner, admin, organization } = acme;
    const { page, go, complaints, close } = await arrive(owner.email);
    await go(`/organizations/${organization.slug}/members`);
    await page.getByRole('button', { name: `What to do with ${admin.name}` }).click();
    await page.getByRole('menuitem', { name: 'Hand the organization over' }).click();
    await page.getByRole('dialog').getByText('You keep the role of an owner until one of you changes it.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Hand it over' }).click();
    await see(page, 'Handed over.');
    for (const { name } of [owner, admin]) {
      await page.getByRole('row', { name }).getByRole('cell', { name: 'Owner', exact: true }).waitFor();
    }
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);
});

describe.skipIf(!hasChromium)('the rules of a page', () => {
  it('keep the commas of their phrases, whatever else is saved', async () => {
    const rules = [{ when: { contains_any: ['yes, please', 'sí'] }, text: 'Gladly, thank you!' }];
    const connected = await acme.connectPage({ config: { auto_reply: false, rules } });
    const { page, go, complaints, close } = await arrive(acme.owner.email);
    await go(`/organizations/${acme.organization.slug}/integrations/${connected.id}?tab=replies`);
    const phrases = page.getByLabel('If it contains any of');
    expect(await phrases.inputValue()).toBe('yes, please\nsí');
    const saved = async () => {
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved. It holds from now on.').last().waitFor();
      const { config } = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${connected.id}`));
      return [config.message_reply.text, config.rules];
    };
    await page.getByLabel('Answer to a message').fill('Hello!');
    expect(await saved()).toEqual(['Hello!', rules]);
    await phrases.fill('yes, please\n\n oui, merci \n');
    await page.getByLabel('Answer to a message').fill('Hi!');
    const changed = [{ ...rules[0], when: { contains_any: ['yes, please', 'oui, merci'] } }];
    await expect.poll(saved).toEqual(['Hi!', changed]);
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);
});

describe.skipIf(!hasChromium)('a replay', () => {
  it('of more than one call takes goes on to the end, and from where it was held up', async () => {
    const connected = await acme.connectPage();
    const { page_id } = connected.page;
    await network.simulator.post(`/__sim/pages/${page_id}/comments`, { from: { name: 'Ana' }, text: 'In stock?' });
    await network.settle(30_000);
    // Older ones that wait already, and of the calls of this hour all but two: the one that counts, and one more.
    await network.sql(
      `insert into webhook_events (organization_id, id, integration_id, page_id, kind, payload, state)
       select organization_id, (substr(id::text, 1, 24) || lpad(to_hex(n), 12, '0'))::uuid, integration_id, page_id, kind,
         payload, 'parked'
       from (select * from webhook_events where organization_id = $1 order by id limit 1) e, generate_series(1, 10000) n`,
      [acme.uuid],
    );
    await network.sql(
      `insert into audit_events (organization_id, id, actor_type, actor_id, action, subject_type, subject_id, request_id)
       select $1, (substr(app.event_id_at(now())::text, 1, 24) || lpad(to_hex(n), 12, '0'))::uuid, 'job', 'test',
         'events.replay_tried', 'organization', $1, 'test' from generate_series(1, 58) n`,
      [acme.uuid],
    );
    const { page, go, complaints, close } = await arrive(acme.owner.email);
    await go(`/organizations/${acme.organization.slug}/events`);
    await page.getByRole('button', { name: 'Replay these' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Only count' }).click();
    await dialog.getByText('0 of the oldest 10,000 events would be replayed, and more after them').waitFor();
    await dialog.getByRole('button', { name: 'Replay', exact: true }).click();
    await dialog.getByText('0 events so far').waitFor();
    await dialog.getByRole('alert').getByText('Replays may be asked for 60 times an hour.').waitFor();
    expect(await flaws(page)).toEqual([]);
    await network.sql(
      `update audit_events set created_at = created_at - interval '1 hour' where organization_id = $1 and request_id = 'test'`,
      [acme.uuid],
    );
    await dialog.getByRole('button', { name: 'Go on' }).click();
    // The comment, and our answer to it.
    await see(page, '2 events will be worked through again.');
    await dialog.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await network.settle(30_000);
    await close();
  }, 90_000);
});
