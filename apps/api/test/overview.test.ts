import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract } from './contract.ts';

holdAnswersToTheContract();

let network: Network;

beforeAll(async () => {
  network = await startNetwork();
}, 60_000);

afterAll(() => network?.stop());

const patience = { timeout: 25_000, interval: 100 };

const overviewOf = ({ owner, path }: Tenant) => owner.expect(200, owner.get(`${path}/overview`));

const write = (page: ConnectedPage, text: string) =>
  network.simulator.post(`/__sim/pages/${page.page.page_id}/comments`, { from: { name: 'Ana' }, text });

const sum = (days: any[], name: string) => days.reduce((total, day) => total + day[name], 0);

describe('an overview', () => {
  it('of a new organization shows that nothing is there', async () => {
    const acme = await network.tenant('acme');
    const { days, ...others } = await overviewOf(acme);
    expect(others).toEqual({
      pages: [],
      expiring: [],
      waiting: { pending: 0, parked: 0, failed: 0 },
      attention: [],
    });
    expect(days).toHaveLength(14);
    expect([sum(days, 'events'), sum(days, 'replies'), sum(days, 'skipped')]).toEqual([0, 0, 0]);
  });

  it('counts pages, what came, what was answered and what was not; and nothing of a rival', async () => {
    const [acme, rival] = await Promise.all([network.tenant('acme'), network.tenant('rival')]);
    const page = await acme.connectPage();
    await acme.connectPage();
    const before = await overviewOf(acme);
    expect(before.pages).toEqual([{ status: 'healthy', count: 2 }]);
    // Both logins of the simulator last 60 days, of which some minutes are over: midnight may lie between them.
    for (const { date } of before.expiring) expect(date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(sum(before.expiring, 'count')).toBe(2);
    await write(page, 'Is this in stock?');
    await expect.poll(async () => sum((await overviewOf(acme)).days, 'replies'), patience).toBe(1);
    // The comment, and the page's own answer, which nobody answers.
    await expect.poll(async () => sum((await overviewOf(acme)).days, 'skipped'), patience).toBe(1);
    const { days } = await overviewOf(acme);
    expect(sum(days, 'events')).toBe(2);
    expect(days.at(-1).events + days.at(-2).events).toBe(2);
    expect((await overviewOf(rival)).pages).toEqual([]);
  });

  it('names the page whose login is dead, with what to do, and what waits for it', async () => {
    const acme = await network.tenant('acme');
    const page = await acme.connectPage({ name: 'Dead' });
    await network.simulator.post(`/__sim/people/${page.page.personId}/events`, { type: 'password_change' });
    await acme.refresh(page.id);
    await write(page, 'Are you open?');
    await expect.poll(async () => (await overviewOf(acme)).waiting.parked, patience).toBe(1);
    const { attention, pages, expiring } = await overviewOf(acme);
    expect(pages).toEqual([{ status: 'needs_reauth', count: 1 }]);
    expect(attention).toMatchObject([
      {
        integration_id: page.id,
        business_id: acme.business.id,
        status: 'needs_reauth',
        status_reason: { code: 'password_changed' },
      },
    ]);
    // What has ended cannot end.
    expect(expiring).toEqual([]);
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/integrations/${page.id}`));
    expect((await overviewOf(acme)).attention).toEqual([]);
  });
});

describe('a preview of replies', () => {
  it('says what a config would have answered, stores nothing, and leaves a line in the audit log', async () => {
    const acme = await network.tenant('acme');
    const page = await acme.connectPage({ config: { auto_reply: false } });
    await write(page, 'Is this in stock?');
    await write(page, 'Hello');
    const at = `${acme.path}/integrations/${page.id}/reply-preview`;
    const config = {
      comment_reply: { text: 'Hello {sender_name}, this is {page_name}.', visibility: 'private' },
      rules: [{ when: { contains_any: ['stock'] }, text: 'It is.' }],
    };
    const preview = () => acme.member.expect(200, acme.member.post(at, { config }));
    await expect.poll(async () => (await preview()).data.length, patience).toBe(2);
    const { data } = await preview();
    const name = page.page.page_name;
    // Both came within a second, and Facebook's comments carry whole ones.
    const shownFor = (asked: string) => data.find(({ text }: any) => text === asked);
    expect(['Hello', 'Is this in stock?'].map(shownFor).map(({ from, text, reply }) => [from, text, reply])).toEqual([
      ['Ana', 'Hello', { kind: 'private_comment', text: `Hello Ana, this is ${name}.`, rule: 'comment_reply' }],
      ['Ana', 'Is this in stock?', { kind: 'private_comment', text: 'It is.', rule: 'rules[0]' }],
    ]);
    const shown = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${page.id}`));
    expect(shown.config).toEqual({ auto_reply: false, webhook_enabled: true });
    const { data: lines } = await acme.owner.expect(
      200,
      acme.owner.get(`${acme.path}/audit-events?action=events.previewed`),
    );
    expect(lines[0]).toMatchObject({ subject: { type: 'integration', id: page.id }, changes: { events: 2 } });
  });

  it('of an integration without events is empty, and a wrong text is refused at its place', async () => {
    const acme = await network.tenant('acme');
    const page = await acme.connectPage();
    const at = `${acme.path}/integrations/${page.id}/reply-preview`;
    expect(await acme.owner.expect(200, acme.owner.post(at, {}))).toEqual({ data: [] });
    const refused = await acme.owner.post(at, { config: { message_reply: { text: '' } } });
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([400, '/config/message_reply/text']);
  });
});
