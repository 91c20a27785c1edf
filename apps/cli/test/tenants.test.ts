import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagekeeper, pagekeeperJson, type RunOptions } from './run.ts';

let network: Network;
const password = 'a pass phrase';
const owner = 'owner@my-company.example';
const staff = 'staff@pagekeeper.example';
const member = 'member@my-company.example';

beforeAll(async () => {
  network = await startNetwork({ mail: true });
}, 120_000);

afterAll(() => network?.stop());

const run = (words: string[], options: RunOptions = {}) => pagekeeper(words, { env: network.variables, ...options });
const json = (words: string[], options: RunOptions = {}) =>
  pagekeeperJson(words, { env: network.variables, ...options });

/** Signs in as people do. */
async function signIn(email: string) {
  const persona = network.persona(email);
  await persona.expect(200, persona.post('/auth/sign-in/email', { email, password }));
  return persona;
}

describe('the guide’s story, typed', () => {
  it('makes accounts with a password that is piped in; they can sign in, and are asked to confirm their address', async () => {
    const made = await Promise.all([
      json(['user:create', owner, '--name', 'Olga Owner'], { input: `${password}\n` }),
      json(['user:create', member, '--name', 'Max Member'], { input: password }),
      json(['user:create', staff, '--name', 'Stella Staff', '--staff'], { input: `${password}\n` }),
    ]);
    expect(made.map(({ is_staff }) => is_staff)).toEqual([false, false, true]);
    expect(made[0].id).toMatch(/^usr_/);
    expect(await network.sql('select from auth.sessions')).toEqual([]);
    await signIn(owner);
    expect((await network.mailsTo(owner))[0]!.text).toContain('verify-email');
    const again = await run(['user:create', owner, '--name', 'Olga'], { input: password });
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/^User already exists/)]);
  }, 60_000);

  it('makes an organization, a member, a business and an integration with its page, as its people would', async () => {
    const made = await run(['organization:create', 'My Company', '--as', owner]);
    expect(made.stdout).toMatch(/^Made the organization My Company \(my-company\): org_\w+\n$/);
    const [page] = await network.simulator.createPages(1, 'Corner Shop');
    const { page_id, page_access_token } = page!;
    const input = JSON.stringify({ page_id, page_access_token, access_token: page!.userToken });
    const [added, business] = await Promise.all([
      run(['member:add', 'my-company', member, '--as', owner]),
      json(['business:create', 'my-company', 'E-commerce Store', '--description', 'Online', '--as', owner]),
    ]);
    expect(added.stdout).toBe(`${member} is MEMBER of my-company.\n`);
    expect(business).toMatchObject({ slug: 'e-commerce-store', description: 'Online' });
    const words = ['integration:create', 'my-company', 'e-commerce-store', 'Main Page', '--as', owner];
    const config = ['--config', '{"auto_reply":true}'];
    const integration = await json([...words, ...config, '--page', '-'], { input });
    expect(integration).toMatchObject({
      config: { auto_reply: true },
      facebook_page: { page_id, status: 'unverified' },
    });
    await network.untilSql(`select from facebook_page_integrations where status = 'healthy'`, 'the first check');
    const audit = await network.sql(`select action, actor_type, request_id from audit_events order by id limit 4`);
    expect(audit.map(({ action }) => action)).toContain('integration.created');
    for (const { actor_type, request_id } of audit.filter(({ action }) => action !== 'page.checked')) {
      if (actor_type === 'user') expect(request_id).toMatch(/^cli-/);
    }
  }, 60_000);

  it('lists one’s own organizations, and staff all of them', async () => {
    const [own, all, refused] = await Promise.all([
      run(['organization:list', '--as', member]),
      json(['organization:list', '--all', '--search', 'my-', '--as', staff]),
      run(['organization:list', '--all', '--as', owner]),
    ]);
    expect(own.stdout).toMatch(/^slug +name +role +is +id\nmy-company +My Company +MEMBER +active +org_\w+\n$/);
    expect(all.data).toMatchObject([{ slug: 'my-company', owner_email: owner }]);
    expect([refused.code, refused.stderr]).toEqual([1, 'This is for staff.\n']);
  }, 30_000);

  it('gives nobody more than the API would: members write nothing, and staff enter first, with a reason', async () => {
    const business = (email: string) => run(['business:create', 'my-company', 'Help Desk', '--as', email]);
    const [byMember, outside] = await Promise.all([business(member), business(staff)]);
    expect([byMember.code, byMember.stderr]).toEqual([
      1,
      'Your role MEMBER may not do this. It takes OWNER or ADMIN.\n',
    ]);
    expect([outside.code, outside.stderr]).toEqual([1, 'No such organization.\n']);
    const entered = await run(['organization:enter', 'my-company', '--reason', 'Ticket 7', '--as', staff]);
    expect(entered.stdout).toContain('may work in my-company until');
    expect((await business(staff)).code).toBe(0);
    const [line] = await network.sql(
      `select actor_type, reason from audit_events where action = 'business.created' and actor_type <> 'user'`,
    );
    expect(line).toEqual({ actor_type: 'staff', reason: 'Ticket 7' });
    const forSomebody = ['organization:create', 'Second', '--for', member, '--as', staff];
    expect(await json(forSomebody)).toMatchObject({ slug: 'second' });
  }, 60_000);

  it('replays events: counts them first, then has them worked through again', async () => {
    const [{ page_id }] = await network.sql('select page_id from page_claims');
    for (const text of ['Is this in stock?', 'And in blue?']) {
      await network.simulator.post(`/__sim/pages/${page_id}/comments`, { from: { name: 'Ana' }, text });
    }
    await network.settle();
    const words = ['events', 'replay', 'my-company', '--kind', 'comment.add', '--state', 'processed', '--as', owner];
    const tried = await run([...words, '--dry-run']);
    // Our answers are comments too.
    expect(tried.stdout).toBe('4 events: 4 would be worked through again, 0 wait anyway.\n');
    expect(await json(words)).toMatchObject({ dry_run: false, matched: 4, replayed: 4 });
    const audit = await network.sql(`select action from audit_events where action like 'events.replay%' order by id`);
    expect(audit.map(({ action }) => action)).toEqual(['events.replay_tried', 'events.replayed']);
  }, 60_000);

  it('goes on replaying from where it was held up', async () => {
    const words = ['events', 'replay', 'my-company', '--as', owner];
    // Older ones that wait already: as many as a call looks at. And of the calls of this hour all but one.
    await network.sql(
      `insert into webhook_events (organization_id, id, integration_id, page_id, kind, payload, state)
       select organization_id, (substr(id::text, 1, 24) || lpad(to_hex(n), 12, '0'))::uuid, integration_id, page_id, kind,
         payload, 'parked'
       from (select * from webhook_events order by id limit 1) e, generate_series(1, 10000) n`,
    );
    await network.sql(
      `insert into audit_events (organization_id, id, actor_type, actor_id, action, subject_type, subject_id, request_id)
       select o.id, (substr(app.event_id_at(now())::text, 1, 24) || lpad(to_hex(n), 12, '0'))::uuid, 'job', 'test',
         'events.replay_tried', 'organization', o.id, 'test'
       from organizations o, generate_series(1, 57) n where slug = 'my-company'`,
    );
    const held = await run(words);
    expect([held.code, held.stdout]).toEqual([1, '']);
    const [, cursor] = /^10,000 events: 0 are .*10,000 wait anyway\. .*: --cursor (\S+) goes on/m.exec(held.stderr)!;
    expect(held.stderr).toMatch(/Replays may be asked for 60 times an hour\.\n$/);
    await network.sql(`update audit_events set created_at = created_at - interval '1 hour' where request_id = 'test'`);
    expect(await json([...words, '--cursor', cursor!])).toMatchObject({ matched: 4, replayed: 4, already_waiting: 0 });
    await network.sql(`delete from webhook_events where state = 'parked'`);
    await network.settle();
  }, 60_000);

  it('erases an organization for good, once its slug is repeated', async () => {
    const words = ['organization:purge', 'my-company', '--as', owner];
    const [unsure, wrong] = await Promise.all([run(words), run([...words, '--confirm', 'my-firm'])]);
    expect([unsure.code, unsure.stderr]).toEqual([2, expect.stringMatching(/say it with --confirm <slug>\.\n$/)]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/^What was confirmed is not this organ/)]);
    const erased = await run([...words, '--confirm', 'my-company', '--wait'], {});
    expect([erased.code, erased.stdout]).toEqual([
      0,
      expect.stringMatching(/^my-company is gone for everybody\. Erased/),
    ]);
    expect(await network.sql(`select from organizations where slug = 'my-company'`)).toEqual([]);
    expect((await run(['organization:list', '--as', owner])).stdout).toBe('There is none.\n');
  }, 60_000);
});

it('the doctor finds everything well', async () => {
  const { code, stdout } = await run(['doctor']);
  expect(stdout.match(/^[✓!✗] \w+/gm)).toEqual(
    ['database', 'clock', 'roles', 'migrations', 'keys', 'queue', 'facebook', 'mail'].map(what => `✓ ${what}`),
  );
  expect(code).toBe(0);
}, 30_000);

it('the doctor says by which code Facebook refuses our app: the runbook goes by it', async () => {
  const env = { ...network.variables, FACEBOOK_APP_SECRET: 'feeeeeeeeeeeeeeeeeeeeeeeeeeeeeee' };
  const { code, stdout } = await run(['doctor'], { env });
  expect(stdout).toMatch(/✗ facebook {3}app \d+: .+ \(code 190\)\n +→ Correct FACEBOOK_APP_ID/);
  expect(code).toBe(1);
}, 30_000);

it('staff are appointed, and dismissed', async () => {
  expect(await run(['user:staff', owner])).toMatchObject({
    code: 1,
    stderr: `Whoever signed up as ${owner} has not confirmed it yet. If you know that it is them, say --unconfirmed.\n`,
  });
  expect((await run(['user:staff', owner, '--unconfirmed'])).stdout).toBe(`${owner} is staff now.\n`);
  expect((await run(['user:staff', owner, '--remove'])).stdout).toBe(`${owner} is no longer staff.\n`);
}, 30_000);

it('wrong input is a sentence and exit code 2, and no token is repeated', async () => {
  const integration = ['integration:create', 'second', 'shop', 'Page', '--as', member];
  const page = JSON.stringify({ page_id: 'EAABsecret', access_token: 'EAABsecret', page_access_token: '' });
  const cases: [string[], string, RegExp][] = [
    [['user:create', 'nobody', '--name', 'N'], password, /^email: Invalid email address\.$/],
    [['user:create', 'n@x.example', '--name', 'N'], 'short', /^password: Too small: .*10 characters\.$/],
    [['user:create', 'n@x.example', '--name', 'N'], '', /^Pipe the password into standard input\.$/],
    [['organization:create', 'X'], '', /^Required option '--as <email>' not specified\.$/],
    [['organization:create', 'X', '--slug', 'A b', '--as', member], '', /^slug: must be lower-case letters/],
    [['member:add', 'second', staff, '--role', 'BOSS', '--as', member], '', /^role: Invalid option/],
    [[...integration, '--page', '-'], 'EAABsecret', /^--page: is no JSON\.$/],
    [[...integration, '--page', '-'], page, /^facebook-page\.page-id: must be the decimal id of a page\./],
    [[...integration, '--config', '{"token":"EAABsecret"}'], '', /^config: Unrecognized key: "token"\.$/],
    [['events', 'replay', 'second', '--kind', 'letter', '--as', member], '', /^filter\.kind: Invalid option/],
  ];
  const runs = await Promise.all(cases.map(([words, input]) => run(words, { input })));
  for (const [index, { code, stdout, stderr }] of runs.entries()) {
    expect([code, stdout, stderr.trim()]).toEqual([2, '', expect.stringMatching(cases[index]![2])]);
    expect(stderr).not.toContain('EAAB');
  }
}, 90_000);

it('nobody is a sentence and exit code 1', async () => {
  const { code, stderr } = await run(['organization:list', '--as', 'nobody@x.example']);
  expect([code, stderr]).toEqual([1, 'No such person: nobody has the address nobody@x.example.\n']);
});
