import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Persona } from '@pagekeeper/testing/network/persona';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

beforeEach(async () => {
  acme = await network.tenant('acme');
});

afterAll(() => network?.stop());

const listOf = async (tenant: Tenant, query = '') =>
  (await tenant.owner.expect(200, tenant.owner.get(`${tenant.path}/members${query}`))).data as any[];

async function memberIdOf({ email }: Persona): Promise<string> {
  const member = (await listOf(acme)).find(candidate => candidate.email === email);
  expect(member, email).toBeDefined();
  return member.id;
}

const memberPath = async (persona: Persona) => `${acme.path}/members/${await memberIdOf(persona)}`;

async function secondOwner(): Promise<Persona> {
  await acme.owner.expect(200, acme.owner.patch(await memberPath(acme.admin), { role: 'OWNER' }));
  return acme.admin;
}

describe('members', () => {
  it('see each other with name and address, newest first', async () => {
    for (const persona of [acme.owner, acme.admin, acme.member]) {
      const { data } = await persona.expect(200, persona.get(`${acme.path}/members`));
      expect(data.map((member: any) => [member.email, member.role]).sort()).toEqual(
        [
          [acme.owner.email, 'OWNER'],
          [acme.admin.email, 'ADMIN'],
          [acme.member.email, 'MEMBER'],
        ].sort(),
      );
    }
    expect((await listOf(acme, '?role=ADMIN')).map(({ email }) => email)).toEqual([acme.admin.email]);
    const first = await acme.owner.expect(200, acme.owner.get(`${acme.path}/members?limit=2`));
    expect(first.has_more).toBe(true);
    expect(await listOf(acme, `?limit=2&cursor=${first.next_cursor}`)).toHaveLength(1);
  });

  it('change roles up to their own', async () => {
    const path = await memberPath(acme.member);
    const { admin, owner } = acme;
    expect((await admin.expect(200, admin.patch(path, { role: 'ADMIN' }))).role).toBe('ADMIN');
    await admin.expect(403, admin.patch(path, { role: 'OWNER' }));
    await admin.expect(403, admin.patch(await memberPath(owner), { role: 'MEMBER' }));
    await admin.expect(403, admin.delete(await memberPath(owner)));
    await owner.expect(200, owner.patch(path, { role: 'OWNER' }));
    await admin.expect(403, admin.patch(path, { role: 'MEMBER' }));
    await admin.expect(403, admin.delete(path));
  });

  it('are changed by who has seen their last change', async () => {
    const path = await memberPath(acme.member);
    const change = (role: string, etag: string) => acme.owner.patch(path, { role }, { 'If-Match': etag });
    const { headers } = await acme.owner.patch(path, { role: 'ADMIN' });
    expect((await change('MEMBER', headers.etag!)).status).toBe(200);
    const late = await change('OWNER', headers.etag!);
    expect([late.status, late.body.code]).toEqual([412, 'stale_version']);
    expect((await listOf(acme, '?role=OWNER')).map(({ email }) => email)).toEqual([acme.owner.email]);
    expect((await acme.owner.delete(path, { 'If-Match': headers.etag! })).status).toBe(412);
    expect((await change('ADMIN', '*')).status).toBe(200);
  });

  it('with a role taken away may not write with their next request', async () => {
    const { admin, owner, path } = acme;
    await admin.expect(201, admin.post(`${path}/businesses`, { name: 'Before' }));
    await owner.expect(200, owner.patch(await memberPath(admin), { role: 'MEMBER' }));
    await admin.expect(403, admin.post(`${path}/businesses`, { name: 'After' }));
  });

  it('leave, and find nothing with their next request; their name is theirs again', async () => {
    const { member, owner, path } = acme;
    await member.expect(204, member.delete(await memberPath(member)));
    await member.expect(404, member.get(path));
    const [former] = await listOf(acme, '?active=false');
    expect([former.user_id.startsWith('usr_'), former.name, former.email, former.role]).toEqual([
      true,
      null,
      null,
      'MEMBER',
    ]);
    await owner.expect(404, owner.delete(`${path}/members/${former.id}`));
  });

  it('are removed by who is not below them; a member removes nobody', async () => {
    const { admin, member, owner } = acme;
    await member.expect(403, member.delete(await memberPath(admin)));
    await admin.expect(204, admin.delete(await memberPath(member)));
    await owner.expect(204, owner.delete(await memberPath(admin)));
    expect(await listOf(acme)).toHaveLength(1);
  });
});

describe('the last owner', () => {
  it('can neither leave nor step down', async () => {
    const { owner } = acme;
    const path = await memberPath(owner);
    for (const answer of [await owner.delete(path), await owner.patch(path, { role: 'ADMIN' })]) {
      expect([answer.status, answer.body.code]).toEqual([409, 'last_owner']);
    }
    expect((await owner.expect(200, owner.get(acme.path))).role).toBe('OWNER');
  });

  it('may once there is another, who then owns it', async () => {
    const other = await secondOwner();
    const { headers } = await other.get(acme.path);
    await acme.owner.expect(204, acme.owner.delete(await memberPath(acme.owner)));
    // The organization that others have seen is another's by now.
    await other.expect(412, other.patch(acme.path, { name: 'Not seen' }, { 'If-Match': headers.etag! }));
    const organization = await other.expect(200, other.get(acme.path));
    const me = (await other.expect(200, other.get(`${acme.path}/members`))).data.find(
      ({ email }: any) => email === other.email,
    );
    expect(organization.owner_id).toBe(me.user_id);
    const owned = await other.expect(200, other.get('/v1/organizations?owned=true'));
    expect(owned.data.map(({ id }: any) => id)).toEqual([organization.id]);
  });

  it('hands the ownership over, and stays an OWNER until somebody changes that', async () => {
    const member = await memberIdOf(acme.member);
    const { admin, owner, path } = acme;
    await admin.expect(403, admin.post(`${path}/transfer-ownership`, { member }));
    const organization = await owner.expect(200, owner.post(`${path}/transfer-ownership`, { member }));
    expect(organization.owner_id).toBe((await listOf(acme)).find(({ id }) => id === member).user_id);
    await owner.expect(204, owner.delete(await memberPath(owner)));
    await acme.member.expect(200, acme.member.get(path));
    const unknown = await acme.member.post(`${path}/transfer-ownership`, { member: 'mem_nobody' });
    expect(unknown.status).toBe(404);
  });

  it('who leaves is followed by an OWNER, not by one who loses the role at the same instant', async () => {
    const { admin, member, owner } = acme;
    await secondOwner();
    await owner.expect(200, owner.patch(await memberPath(member), { role: 'OWNER' }));
    const [leaving, heir] = [await memberPath(owner), await memberPath(admin)];
    // Whoever holds the lock of the owners lets neither of the two finish before the other has begun.
    const holder = new pg.Client({ connectionString: network.database.adminUrl });
    await holder.connect();
    try {
      await holder.query(`select pg_advisory_lock(hashtextextended($1, 0))`, [`owners ${acme.uuid}`]);
      const answers = [owner.delete(leaving), member.patch(heir, { role: 'MEMBER' })];
      const waiting = `select from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`;
      await expect.poll(async () => (await holder.query(waiting)).rowCount, { timeout: 10_000 }).toBe(2);
      await holder.query('select pg_advisory_unlock_all()');
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([204, 200]);
    } finally {
      await holder.end();
    }
    const [owned] = await network.sql('select owner_id from organizations where id = $1', [acme.uuid]);
    expect(owned.owner_id).toBe(member.userId);
  });

  it('who is given the organization keeps it, also when the one before loses the role at the same instant', async () => {
    const { member, owner } = acme;
    const second = await secondOwner();
    const [giver, heir] = [await memberIdOf(owner), await memberIdOf(member)];
    const holder = new pg.Client({ connectionString: network.database.adminUrl });
    await holder.connect();
    try {
      // Whoever has the organization's row lets neither of the two finish before the other has begun.
      await holder.query('begin');
      await holder.query('select from organizations where id = $1 for update', [acme.uuid]);
      const given = owner.post(`${acme.path}/transfer-ownership`, { member: heir });
      const waiting = async () =>
        (
          await network.sql(
            `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
          )
        ).length;
      await expect.poll(waiting, { timeout: 10_000 }).toBe(1);
      const lost = second.patch(`${acme.path}/members/${giver}`, { role: 'MEMBER' });
      await expect.poll(waiting, { timeout: 10_000 }).toBe(2);
      await holder.query('rollback');
      expect((await Promise.all([given, lost])).map(({ status }) => status)).toEqual([200, 200]);
    } finally {
      await holder.end();
    }
    const [owned] = await network.sql('select owner_id from organizations where id = $1', [acme.uuid]);
    expect(owned.owner_id).toBe(member.userId);
  });

  it('always stays, when two owners remove each other at the same instant, 200 times', async () => {
    const { organization, owner } = acme;
    const admin = await secondOwner();
    const ids = { owner: await memberIdOf(owner), admin: await memberIdOf(admin) };
    for (let round = 0; round < 200; round += 1) {
      const answers = await Promise.all([
        owner.delete(`${acme.path}/members/${ids.admin}`),
        admin.delete(`${acme.path}/members/${ids.owner}`),
      ]);
      const statuses = answers.map(({ status }) => status).sort();
      // Both at once: the second's commit is refused. One after the other: the removed one is no member any more.
      expect([
        [204, 404],
        [204, 409],
      ]).toContainEqual(statuses);
      const [{ owners }] = await network.sql(
        `select count(*)::int as owners from organization_memberships
         where organization_id = $1 and role = 'OWNER' and is_active`,
        [acme.uuid],
      );
      expect(owners, `round ${round}: ${statuses}`).toBe(1);
      await network.sql(
        `update organization_memberships set is_active = true where organization_id = $1 and role = 'OWNER'`,
        [acme.uuid],
      );
    }
    expect((await owner.expect(200, owner.get(`/v1/organizations/${organization.id}`))).role).toBe('OWNER');
  }, 120_000);
});
