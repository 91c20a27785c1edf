import { setStaff } from '@pagekeeper/domain/staff/set-staff';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Persona } from '@pagekeeper/testing/network/persona';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract, holdProblem, idsOf } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let staff: Persona;
let acme: Tenant;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  staff = await network.persona('sam.staff').signUp();
  await appoint(staff, true);
}, 60_000);

afterAll(() => network?.stop());

beforeEach(async () => {
  acme = await network.tenant('acme');
});

const organizations = '/v1/staff/organizations';
const appoint = ({ email }: Persona, isStaff: boolean) =>
  setStaff(network.database.urls.owner, { email, isStaff, unconfirmed: true });
const enter = (persona: Persona, tenant: Tenant, reason = 'Ticket 7: replies stopped') =>
  persona.post(`${organizations}/${tenant.organization.slug}/enter`, { reason });
const auditOf = async ({ owner, path }: Tenant, query = '') =>
  (await owner.expect(200, owner.get(`${path}/audit-events?limit=100${query}`))).data;

describe('staff', () => {
  it('are made by the database’s owner alone, and are none as soon as it is taken back', async () => {
    const helper = await network.persona(`helper.${process.pid}`).signUp();
    await helper.expect(403, helper.get(organizations));
    await appoint(helper, true);
    await helper.expect(200, helper.get(organizations));
    await helper.expect(201, enter(helper, acme));
    await helper.expect(200, helper.get(acme.path));
    await appoint(helper, false);
    await helper.expect(403, helper.get(organizations));
    await helper.expect(404, helper.get(acme.path));
    const nobody = { email: 'nobody@example.com', isStaff: true };
    await expect(setStaff(network.database.urls.owner, nobody)).rejects.toMatchObject({ code: 'not_found' });
    await expect(setStaff(network.database.urls.app, nobody)).rejects.toThrow(/permission denied/);
    // Anybody may sign up with an address.
    const unconfirmed = setStaff(network.database.urls.owner, { email: helper.email, isStaff: true });
    await expect(unconfirmed).rejects.toMatchObject({ code: 'email_not_verified' });
    await helper.expect(400, helper.post('/auth/update-user', { is_staff: true })).catch(() => {});
    expect(await network.sql('select id from auth.users where id = $1 and is_staff', [helper.userId])).toEqual([]);
  });

  it('are led to the queues, and nobody else is', async () => {
    const path = '/ops/queues';
    const led = await staff.get(path);
    expect([led.status, led.headers.location]).toEqual([302, '/admin/queues']);
    const program = await acme.program({ role: 'OWNER' });
    for (const [who, status, code] of [
      [acme.owner, 403, 'forbidden'],
      [program, 403, 'forbidden'],
      [network.persona('nobody'), 401, 'unauthenticated'],
    ] as const) {
      const answer = await who.get(path);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
      holdProblem(path, answer);
    }
  });

  it('list organizations, narrowed by activity and by how name or slug begin, page by page', async () => {
    const mark = `Staffed ${process.pid}`;
    const made: string[] = [];
    for (const name of [`${mark} A`, `${mark} B_100%`, `${mark} C`]) {
      made.unshift((await acme.owner.expect(201, acme.owner.post('/v1/organizations', { name }))).id);
    }
    const listed = async (query: string) => idsOf(await staff.expect(200, staff.get(`${organizations}?${query}`)));
    expect(await listed(`search=${mark}`)).toEqual(made);
    expect(await listed(`search=staffed-${process.pid}-b`)).toEqual([made[1]]);
    expect(await listed(`search=${encodeURIComponent(`${mark} b_100%`)}`)).toEqual([made[1]]);
    expect(await listed(`search=${encodeURIComponent('%')}`)).toEqual([]);
    await acme.owner.expect(204, acme.owner.delete(`/v1/organizations/${made[1]}`));
    expect(await listed(`search=${mark}`)).toEqual([made[0], made[2]]);
    expect(await listed(`search=${mark}&active=false`)).toEqual([made[1]]);
    expect(await listed(`search=${mark}&active=any`)).toEqual(made);
    const first = await staff.expect(200, staff.get(`${organizations}?search=${mark}&active=any&limit=2`));
    expect([idsOf(first), first.has_more]).toEqual([made.slice(0, 2), true]);
    expect(await listed(`search=${mark}&active=any&limit=2&cursor=${first.next_cursor}`)).toEqual([made[2]]);
    expect(first.data[0]).toMatchObject({ owner_email: acme.owner.email, is_active: true });
    for (const wrong of ['active=yes', 'search=', 'cursor=x', 'q=1']) {
      await staff.expect(400, staff.get(`${organizations}?${wrong}`));
    }
  });

  it('find people by how their address begins', async () => {
    const { data } = await staff.expect(200, staff.get(`/v1/staff/users?search=${acme.owner.email.toUpperCase()}`));
    expect(data).toEqual([
      {
        id: expect.stringMatching(/^usr_/),
        name: acme.owner.name,
        email: acme.owner.email,
        is_staff: false,
        created_at: expect.any(String),
      },
    ]);
    const page = await staff.expect(200, staff.get('/v1/staff/users?limit=1'));
    expect([page.data.length, page.has_more]).toEqual([1, true]);
    const next = await staff.expect(200, staff.get(`/v1/staff/users?limit=1&cursor=${page.next_cursor}`));
    expect(next.data[0].id < page.data[0].id).toBe(true);
  });

  it('create an organization for somebody, who owns it and in whose log it stands', async () => {
    const { owner } = acme;
    const body = { name: `Made For You ${process.pid}`, owner_email: ` ${owner.email.toUpperCase()} ` };
    const created = await staff.expect(201, staff.post(organizations, body));
    expect(created).toMatchObject({ name: body.name, is_active: true });
    const path = `/v1/organizations/${created.id}`;
    const read = await owner.expect(200, owner.get(path));
    expect([read.role, read.owner_id]).toEqual(['OWNER', created.owner_id]);
    await owner.expect(201, owner.post(`${path}/businesses`, { name: 'First' }));
    await staff.expect(404, staff.get(path));
    const { data } = await owner.expect(200, owner.get(`${path}/audit-events?action=organization.created`));
    expect(data).toMatchObject([{ actor: { type: 'staff' }, subject: { type: 'organization', id: created.id } }]);
    const again = await staff.expect(201, staff.post(organizations, body));
    expect(again.slug).toBe(`${created.slug}-2`);
    const unknown = await staff.expect(400, staff.post(organizations, { ...body, owner_email: 'nobody@example.com' }));
    expect(unknown.errors).toMatchObject([{ pointer: '/owner_email', code: 'no_such_user' }]);
    for (const owner_email of ['', 'x', null]) {
      const { errors } = await staff.expect(400, staff.post(organizations, { ...body, owner_email }));
      expect(errors[0].pointer).toBe('/owner_email');
    }
  });
});

describe('entering an organization', () => {
  it('takes a reason, lasts an hour, and without it there is nothing to see', async () => {
    await staff.expect(404, staff.get(acme.path));
    for (const reason of [undefined, '', '   ', 'x'.repeat(501)]) {
      const refused = await staff.expect(400, staff.post(`${organizations}/${acme.organization.id}/enter`, { reason }));
      expect(refused.errors[0].pointer).toBe('/reason');
    }
    await staff.expect(404, staff.get(acme.path));
    const entry = await staff.expect(201, enter(staff, acme));
    expect(entry).toMatchObject({ organization_id: acme.organization.id, reason: 'Ticket 7: replies stopped' });
    expect(Date.parse(entry.expires_at) - Date.parse(entry.entered_at)).toBe(3_600_000);
    expect((await staff.expect(200, staff.get(acme.path))).role).toBe('STAFF');
    await network.moveClock(0.99);
    await staff.expect(200, staff.get(`${acme.path}/businesses`));
    await network.moveClock(1.01);
    await staff.expect(404, staff.get(acme.path));
    await network.moveClock(0);
  });

  it('stands in the organization’s own log with its reason, and so does everything done meanwhile', async () => {
    await staff.expect(201, enter(staff, acme));
    const business = await staff.expect(201, staff.post(`${acme.path}/businesses`, { name: 'By Staff' }));
    await acme.owner.expect(201, acme.owner.post(`${acme.path}/businesses`, { name: 'By Owner' }));
    const [byOwner, byStaff, entered] = await auditOf(acme);
    const { data } = await staff.expect(200, staff.get(`/v1/staff/users?search=${staff.email}`));
    const actor = { type: 'staff', id: data[0].id };
    const reason = 'Ticket 7: replies stopped';
    expect(entered).toMatchObject({ action: 'organization.entered', actor, reason });
    expect(byStaff).toMatchObject({ action: 'business.created', actor, reason, subject: { id: business.id } });
    expect(byOwner).toMatchObject({ action: 'business.created', actor: { type: 'user' }, reason: null });
    await staff.expect(201, enter(staff, acme, 'Once more'));
    await staff.expect(200, staff.patch(`${acme.path}/businesses/${business.id}`, { description: 'Checked.' }));
    expect((await auditOf(acme, `&actor=${actor.id}`)).map((line: any) => line.reason)).toEqual([
      'Once more',
      'Once more',
      reason,
      reason,
    ]);
  });

  it('opens one organization, and gives no power over who belongs to it', async () => {
    const rival = await network.tenant('rival');
    await staff.expect(201, enter(staff, acme));
    await staff.expect(404, staff.get(rival.path));
    await staff.expect(403, staff.patch(acme.path, { name: 'Mine' }));
    await staff.expect(403, staff.delete(acme.path));
    await staff.expect(403, staff.post(`${acme.path}/restore`));
    await staff.expect(403, staff.post(`${acme.path}/purge`, { confirm: acme.organization.slug }));
    await staff.expect(403, staff.get(`${acme.path}/audit-events`));
    const { data } = await staff.expect(200, staff.get('/v1/organizations?active=any'));
    expect(data).toEqual([]);
    await acme.owner.expect(200, acme.owner.get(acme.path));
  });

  it('is for staff only; an organization that does not exist is unknown to them too', async () => {
    await acme.owner.expect(403, enter(acme.owner, acme));
    await network.anonymous.expect(401, enter(network.anonymous, acme));
    await staff.expect(404, staff.post(`${organizations}/no-such-one/enter`, { reason: 'Looking' }));
    await acme.owner.expect(202, acme.owner.post(`${acme.path}/purge`, { confirm: acme.organization.slug }));
    await staff.expect(404, staff.post(`${organizations}/${acme.organization.id}/enter`, { reason: 'Too late' }));
    expect(idsOf(await staff.expect(200, staff.get(`${organizations}?active=any&limit=100`)))).not.toContain(
      acme.organization.id,
    );
  });
});
