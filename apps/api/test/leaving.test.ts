import { newId, parsePublicId } from '@pagekeeper/domain/ids';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract } from './contract.ts';
import { addressOf, elsewhere, password, signIn } from './people.ts';

holdAnswersToTheContract();

let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

afterAll(() => network?.stop());

const path = '/v1/me';
const me = (persona: Persona) => persona.expect(200, persona.get(path));
const refused = ({ status, body }: Answer) => [status, body.code];

describe('leaving for good', () => {
  const leave = (persona: Persona, body: object = {}) => persona.send('delete', path, body);
  const make = async (tenant: Tenant, persona: Persona, role: string) =>
    await network.sql('update organization_memberships set role = $3 where organization_id = $1 and user_id = $2', [
      tenant.uuid,
      persona.userId,
      role,
    ]);
  const grow = async (persona: Persona) =>
    await network.sql(`update auth.sessions set created_at = now() - interval '11 minutes' where user_id = $1`, [
      persona.userId,
    ]);

  it('is refused to the only OWNER of an active organization, which is named; nothing is left', async () => {
    const [one, two] = [await network.tenant('Left Alone'), await network.tenant('Not Left')];
    const { owner } = one;
    await network.sql(
      'insert into organization_memberships (organization_id, id, user_id, role) values ($1, $2, $3, $4)',
      [two.uuid, newId(), owner.userId, 'ADMIN'],
    );
    const { name } = await owner.expect(200, owner.get(one.path));
    const answer = await leave(owner);
    expect(refused(answer)).toEqual([409, 'last_owner']);
    expect(answer.body.errors).toEqual([
      {
        pointer: `/organizations/${one.organization.id}`,
        code: 'last_owner',
        detail: `${name} (${one.organization.slug})`,
      },
    ]);
    expect((await me(owner)).organizations).toHaveLength(2);
  });

  it('ends memberships, sessions and all that says who it was; what they did stays', async () => {
    const home = await network.tenant('Former Home');
    const { owner, admin } = home;
    await make(home, admin, 'OWNER');
    const phone = await elsewhere(network, owner);
    await phone.expect(200, phone.patch(path, { notices: { token_dead: false } }));
    const { status, text } = await leave(owner, { password });
    expect([status, text]).toEqual([204, '']);
    for (const browser of [owner, phone]) await browser.expect(401, browser.get(path));
    expect((await signIn(network.anonymous, password, addressOf(owner))).status).toBe(401);

    const [row] = await network.sql('select * from auth.users where id = $1', [owner.userId]);
    expect(row).toMatchObject({
      name: 'Former user',
      email: `erased:${owner.userId}`,
      email_verified: false,
      image: null,
      is_staff: false,
      notices: {},
      two_factor_enabled: false,
    });
    for (const table of ['sessions', 'accounts', 'two_factors']) {
      expect(await network.sql(`select from auth.${table} where user_id = $1`, [owner.userId]), table).toEqual([]);
    }
    expect(await network.sql('select from auth.verifications where value = $1', [owner.userId])).toEqual([]);
    const [membership] = await network.sql('select * from organization_memberships where user_id = $1', [owner.userId]);
    expect(membership).toMatchObject({ role: 'OWNER', is_active: false });
    const [line] = await network.sql(
      `select actor_type, actor_id, subject_id, changes from audit_events
       where organization_id = $1 and action = 'member.left'`,
      [home.uuid],
    );
    expect(line).toEqual({
      actor_type: 'user',
      actor_id: owner.userId,
      subject_id: membership.id,
      changes: { role: { from: 'OWNER', to: null } },
    });
    const { data: people } = await admin.expect(200, admin.get(`${home.path}/members?active=any`));
    expect(people.find(({ is_active }: { is_active: boolean }) => !is_active)).toMatchObject({
      name: null,
      email: null,
    });
    const organization = await admin.expect(200, admin.get(home.path));
    expect(parsePublicId('user', organization.owner_id)).toBe(admin.userId);
    const made = await network.sql(`select from audit_events where actor_id = $1`, [owner.userId]);
    expect(made.length).toBeGreaterThan(2);
  });

  it('frees the address for somebody new, who has nothing of it', async () => {
    const before = await network.persona('Phoe Nix').signUp();
    await before.expect(201, before.post('/v1/organizations', { name: 'Old Nest', slug: 'old-nest' }));
    const nest = '/v1/organizations/old-nest';
    await before.expect(204, before.delete(nest));
    await before.expect(204, leave(before));
    const after = await network.persona('Phoe Nix').signUp();
    expect(after.userId).not.toBe(before.userId);
    expect((await me(after)).organizations).toEqual([]);
    expect(await after.expect(200, after.get('/v1/organizations?active=any'))).toMatchObject({ data: [] });
    // An inactive organization keeps its only OWNER, whoever that was.
    const [kept] = await network.sql('select role, is_active from organization_memberships where user_id = $1', [
      before.userId,
    ]);
    expect(kept).toEqual({ role: 'OWNER', is_active: true });
  });

  /** The tables that say this, in whatever row. */
  async function tablesWith(words: string): Promise<string[]> {
    const tables = await network.sql(`select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname in ('public', 'auth', 'app', 'bullmq') order by 1`);
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await network.sql(`select from ${name} t where strpos(lower(t::text), $1) > 0 limit 1`, [words]);
      if (rows.length > 0) found.push(name);
    }
    return found;
  }

  it('takes the address out of every row there is: invitations, and lines of the audit log, which stay', async () => {
    const [home, never] = [await network.tenant('Home Of Bob'), await network.tenant('Never Joined')];
    const bob = await network.persona('Bob Gone').signUp();
    await network.sql('update auth.users set email_verified = true where id = $1', [bob.userId]);
    const invite = ({ owner, path }: Tenant) =>
      owner.expect(201, owner.post(`${path}/invitations`, { email: bob.email, role: 'MEMBER' }));
    const { id, accept_url } = await invite(home);
    await bob.expect(200, bob.post('/v1/invitations/accept', { token: accept_url.split('#token=')[1] }));
    await invite(never);
    const staff = await network.persona('Stella Staff').signUp();
    await network.sql('update auth.users set is_staff = true where id = $1', [staff.userId]);
    const asked = { name: 'Made For Bob', owner_email: bob.email };
    const made = await staff.expect(201, staff.post('/v1/staff/organizations', asked));
    await bob.expect(204, bob.delete(`/v1/organizations/${made.id}`));
    expect(await tablesWith(addressOf(bob))).toEqual(['auth.users', 'public.audit_events', 'public.invitations']);

    await bob.expect(204, leave(bob));
    expect(await tablesWith(addressOf(bob))).toEqual([]);
    const invitationsOf = async ({ owner, path }: Tenant) =>
      (await owner.expect(200, owner.get(`${path}/invitations?state=any`))).data;
    const erased = expect.stringMatching(/^erased-[0-9a-f-]{36}@invalid$/);
    expect(await invitationsOf(home)).toMatchObject([{ id, email: erased, state: 'accepted' }]);
    expect(await invitationsOf(never)).toMatchObject([{ email: erased, state: 'revoked' }]);
    const { data } = await home.owner.expect(
      200,
      home.owner.get(`${home.path}/audit-events?action=invitation.created`),
    );
    expect(data).toMatchObject([{ subject: { id }, changes: { email: erased, role: 'MEMBER' } }]);
    const lines = () => network.output.filter(line => line.includes('a user left for good'));
    await expect.poll(lines, { timeout: 10_000 }).toContainEqual(expect.stringContaining(bob.userId!));
  });

  it('of somebody who never confirmed the address closes no invitation to it', async () => {
    const { owner, path: home } = await network.tenant('Still Invites');
    const stranger = await network.persona('Vera Victim').signUp();
    await owner.expect(201, owner.post(`${home}/invitations`, { email: stranger.email, role: 'MEMBER' }));
    await stranger.expect(204, leave(stranger));
    const { data } = await owner.expect(200, owner.get(`${home}/invitations`));
    expect(data).toMatchObject([{ email: addressOf(stranger), state: 'pending' }]);
  });

  it('takes the password, or a session that is younger than ten minutes', async () => {
    const una = await network.persona('Una Sure').signUp();
    expect(refused(await leave(una, { password: 'not the password' }))).toEqual([403, 'wrong_password']);
    await grow(una);
    expect(refused(await leave(una))).toEqual([403, 'wrong_password']);
    expect(refused(await leave(una, { password: '' }))).toEqual([403, 'wrong_password']);
    expect(refused(await leave(una, { password, reason: 'x' }))).toEqual([400, 'invalid_request']);
    await una.expect(204, leave(una, { password }));
  });

  it('takes no body from who just signed in', async () => {
    const ned = await network.persona('Ned Now').signUp();
    await ned.expect(204, ned.delete(path));
    await ned.expect(401, ned.get(path));
  });

  it('goes on where it was cut', async () => {
    const home = await network.tenant('Cut Home');
    const { member } = home;
    // Whoever holds the person's row keeps the last step from happening.
    const holder = new pg.Client({ connectionString: network.database.adminUrl });
    await holder.connect();
    try {
      await holder.query('begin');
      await holder.query('select from auth.users where id = $1 for key share', [member.userId]);
      const cut = await leave(member);
      expect(refused(cut)).toEqual([503, 'unavailable']);
      await holder.query('rollback');
    } finally {
      await holder.end();
    }
    expect(await me(member)).toMatchObject({ name: member.name, organizations: [] });
    await member.expect(204, leave(member));
    expect(refused(await leave(member))).toEqual([401, 'unauthenticated']);
    const lines = await network.sql(`select from audit_events where organization_id = $1 and action = 'member.left'`, [
      home.uuid,
    ]);
    expect(lines).toHaveLength(1);
  });

  it('is done once by ten who ask at once', async () => {
    const home = await network.tenant('Many Clicks');
    const answers = await Promise.all(Array.from({ length: 10 }, () => leave(home.admin)));
    for (const { status } of answers) expect([204, 401]).toContain(status);
    expect(answers.map(({ status }) => status)).toContain(204);
    const lines = await network.sql(`select from audit_events where organization_id = $1 and action = 'member.left'`, [
      home.uuid,
    ]);
    expect(lines).toHaveLength(1);
  });

  it('leaves one of two OWNERs who go at the same moment', async () => {
    const home = await network.tenant('Two Owners');
    await make(home, home.admin, 'OWNER');
    const answers = await Promise.all([leave(home.owner), leave(home.admin)]);
    const outcomes = answers.map(answer => (answer.status === 204 ? 'left' : refused(answer).join(' ')));
    expect(outcomes.sort()).toEqual(['409 last_owner', 'left']);
    const owners = await network.sql(
      `select from organization_memberships where organization_id = $1 and role = 'OWNER' and is_active`,
      [home.uuid],
    );
    expect(owners).toHaveLength(1);
  });
});
