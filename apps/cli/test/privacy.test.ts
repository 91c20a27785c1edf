import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { ConnectedPage, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagekeeper, pagekeeperJson } from './run.ts';

let network: Network;
let acme: Tenant;
let shop: ConnectedPage;
let folder: string;
/** As Facebook knows her under comments, and in messages. */
let ana: { id: string; psid: string };

const greeting = 'Hello {sender_name}, thank you!';

beforeAll(async () => {
  [network, folder] = await Promise.all([startNetwork(), mkdtemp(join(tmpdir(), 'pagekeeper-privacy-'))]);
  acme = await network.tenant('acme');
  const config = { auto_reply: true, comment_reply: { text: greeting }, message_reply: { text: greeting } };
  shop = await acme.connectPage({ config });
  const pages = `/__sim/pages/${shop.page.page_id}`;
  const first = await network.simulator.post(`${pages}/comments`, {
    from: { name: 'Ana Erased' },
    text: 'Is ANA-ONE here?',
  });
  const from = { id: first.from.id };
  await network.simulator.post(`${pages}/comments`, { from, text: 'And ANA-TWO?' });
  const message = await network.simulator.post(`${pages}/messages`, {
    from: { name: 'Ana Erased' },
    text: 'ANA-THREE',
  });
  await network.simulator.post(`${pages}/comments`, { from: { name: 'Ben Stays' }, text: 'Is BEN-ONE here?' });
  ana = { id: from.id, psid: message.psid };
  await network.settle(60_000);
}, 120_000);

afterAll(async () => {
  await network?.stop();
  await rm(folder, { recursive: true, force: true });
});

const as = (email: string) => ['--as', email];
const run = (...words: string[]) => pagekeeper(words, { env: network.variables });
const json = (...words: string[]) => pagekeeperJson(words, { env: network.variables });

/** What an export to that file holds. */
async function exported(name: string): Promise<{ text: string; lines: any[] }> {
  const to = join(folder, name);
  await json('organization:export', acme.organization.slug, '--to', to, ...as(acme.owner.email));
  const text = await readFile(to, 'utf8');
  return {
    text,
    lines: text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line)),
  };
}

const repliesSent = async () =>
  (await network.simulator.get(`/__sim/ledger/counts?page_id=${shop.page.page_id}`)).sends.total;

describe('an export', () => {
  it('holds everything of the organization with its contents, and no credential; its owner’s file alone', async () => {
    const { text, lines } = await exported('whole.ndjson');
    expect(new Set(lines.map(({ type }) => type))).toEqual(
      new Set(['organization', 'member', 'business', 'integration', 'event', 'reply', 'audit_event']),
    );
    expect(lines.filter(({ type }) => type === 'member')).toHaveLength(3);
    for (const words of ['ANA-ONE', 'ANA-TWO', 'ANA-THREE', 'BEN-ONE', 'Hello Ana Erased'])
      expect(text).toContain(words);
    expect(text).not.toMatch(/access_token|EAA|password/);
    expect(lines.at(-1)).toMatchObject({ type: 'audit_event' });
    expect(lines.find(({ action }) => action === 'organization.exported')).toBeDefined();
    expect((await stat(join(folder, 'whole.ndjson'))).mode & 0o777).toBe(0o600);
  });

  it('is for owners; nothing is left of one that is refused, and no file is written over', async () => {
    const to = join(folder, 'refused.ndjson');
    const words = ['organization:export', acme.organization.slug, '--to', to];
    const refused = await run(...words, ...as(acme.admin.email));
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/^Your role ADMIN may not do this/)]);
    await expect(stat(`${to}.part`)).rejects.toThrow('ENOENT');
    const whole = join(folder, 'whole.ndjson');
    const again = await run('organization:export', acme.organization.slug, '--to', whole, ...as(acme.owner.email));
    expect([again.code, again.stderr]).toEqual([2, `${whole} is there already.\n`]);
  });
});

describe('a person who is erased', () => {
  const erase = (personId: string, email: string) =>
    json('person:erase', acme.organization.slug, personId, ...as(email));

  it('may not be erased by a member, and has an id of numbers', async () => {
    const words = ['person:erase', acme.organization.slug];
    const refused = await run(...words, ana.id, ...as(acme.member.email));
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/^Your role MEMBER may not do this/)]);
    const wrong = await run(...words, 'Ana', ...as(acme.owner.email));
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("Facebook's ids of people are numbers.")]);
  });

  it('is gone with her words, ours to her and her hashes; what others wrote stays', async () => {
    const preview = () =>
      acme.owner.post(`${acme.path}/integrations/${shop.id}/reply-preview`, {}, { 'Idempotency-Key': 'preview-1' });
    expect(JSON.stringify(await acme.owner.expect(200, preview()))).toContain('Ana Erased');
    // Her two comments and our two answers under them; her message, and our answer’s echo.
    expect(await erase(ana.id, acme.admin.email)).toMatchObject({ events: 4, replies: 2 });
    const inMessages = await erase(ana.psid, acme.admin.email);
    expect(inMessages.replies).toBe(1);
    const { text, lines } = await exported('without.ndjson');
    expect(text).not.toMatch(/ANA-|Ana Erased/);
    expect((await preview()).body.code).toBe('answer_lost');
    expect(text).toContain('BEN-ONE');
    expect(text).toContain('Hello Ben Stays');
    const erased = lines.filter(({ type, reason }) => type === 'event' && reason === 'The person was erased.');
    expect(erased).toHaveLength(4 + inMessages.events);
    expect(erased.every(({ payload }) => payload === null)).toBe(true);
    const hashes =
      'select id from webhook_events where reason = $1 and (person_hash is not null or thread_hash is not null)';
    expect(await network.sql(hashes, ['The person was erased.'])).toEqual([]);
    expect(await erase(ana.id, acme.admin.email)).toMatchObject({ events: 0, replies: 0 });
  });

  it('stays erased when Facebook sends her words again, and gets no second answer', async () => {
    const before = await repliesSent();
    const [{ count }] = await network.sql('select count(*)::int from webhook_events');
    await network.simulator.post('/__sim/redeliver', { all: true });
    await acme.owner.expect(200, acme.owner.post(`${acme.path}/events/replay`, { filter: {}, with_replies: true }));
    await network.settle(60_000);
    expect(await network.sql('select count(*)::int from webhook_events')).toEqual([{ count }]);
    expect(await repliesSent()).toBe(before);
    expect((await exported('again.ndjson')).text).not.toMatch(/ANA-|Ana Erased/);
  });
});

describe('a person who was answered in private', () => {
  it('is gone from the message too, by the id under which they commented', async () => {
    const initech = await network.tenant('initech');
    const config = { auto_reply: true, comment_reply: { visibility: 'private', text: greeting } };
    const { page } = await initech.connectPage({ config });
    const comment = (name: string) =>
      network.simulator.post(`/__sim/pages/${page.page_id}/comments`, { from: { name }, text: 'Open?' });
    const cleo = await comment('Cleo Commented');
    await comment('Carl Commented');
    await network.settle(60_000);
    const events = async () => {
      const { data } = await initech.owner.expect(200, initech.owner.get(`${initech.path}/events?limit=100`));
      const all = await Promise.all(
        data.map(({ id }: any) => initech.owner.expect(200, initech.owner.get(`${initech.path}/events/${id}`))),
      );
      return JSON.stringify(all);
    };
    expect(await events()).toContain('Hello Cleo Commented, thank you!');
    const words = ['person:erase', initech.organization.slug, cleo.from.id, ...as(initech.owner.email)];
    expect(await json(...words)).toMatchObject({ replies: 1 });
    const left = await events();
    expect(left).not.toContain('Cleo Commented');
    expect(left).toContain('Hello Carl Commented, thank you!');
    expect(await json(...words)).toMatchObject({ events: 0, replies: 0 });
  }, 90_000);
});

describe('a person who is erased late', () => {
  it('is gone from the page that the integration had before, and where the organization is deactivated', async () => {
    const globe = await network.tenant('globe');
    const { owner, path, organization } = globe;
    const { id, page } = await globe.connectPage();
    const comment = (body: object) => network.simulator.post(`/__sim/pages/${page.page_id}/comments`, body);
    const { from, comment_id } = await comment({ from: { name: 'Cleo Client' }, text: 'CLEO-ONE' });
    await network.settle(60_000);
    await comment({ from: { id: page.page_id }, text: 'Dear Cleo, STAFF-ONE.', parent_id: comment_id });
    await network.settle(60_000);
    const [next] = await network.simulator.createPages(1);
    const replaced = {
      page_id: next!.page_id,
      access_token: next!.userToken,
      page_access_token: next!.page_access_token,
    };
    await owner.expect(200, owner.put(`${path}/integrations/${id}/facebook-page`, replaced));
    await network.settle(60_000);
    await owner.expect(204, owner.delete(path));

    const words = async (name: string) => {
      const to = join(folder, name);
      await json('organization:export', organization.id, '--to', to, ...as(owner.email));
      return await readFile(to, 'utf8');
    };
    const before = await words('deactivated.ndjson');
    for (const said of ['CLEO-ONE', 'STAFF-ONE', '"type":"member"', '"type":"audit_event"'])
      expect(before).toContain(said);
    const { events, replies } = await json('person:erase', organization.id, from.id, ...as(owner.email));
    expect([events, replies]).toEqual([3, 1]);
    expect(await words('erased.ndjson')).not.toMatch(/CLEO-ONE|STAFF-ONE|Cleo/);
    // By its slug too, where nothing is left of them.
    expect(await json('person:erase', organization.slug, from.id, ...as(owner.email))).toMatchObject({
      events: 0,
      replies: 0,
    });
    const byMember = await run('person:erase', organization.id, from.id, ...as(globe.member.email));
    expect([byMember.code, byMember.stderr]).toEqual([1, expect.stringMatching(/^Your role MEMBER may not do this/)]);
  }, 120_000);
});
