import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;
let made = 0;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

beforeEach(async () => {
  acme = await network.tenant('acme');
});

afterAll(() => network?.stop());

const invitations = () => `${acme.path}/invitations`;
const somebody = (name = 'guest'): Persona => network.persona(`${name}-${process.pid}-${++made}`);
const invite = (email: string, role = 'MEMBER', by = acme.owner): Promise<Answer> =>
  by.post(invitations(), { email, role });

describe('an invitation', () => {
  it('goes to one address five times an hour at most, however it is sent', async () => {
    const [guest, other] = [somebody(), somebody()];
    const { id } = await acme.owner.expect(201, invite(guest.email));
    await acme.owner.expect(200, acme.owner.post(`${invitations()}/${id}/resend`));
    await acme.owner.expect(204, acme.owner.delete(`${invitations()}/${id}`));
    await acme.admin.expect(201, invite(guest.email, 'MEMBER', acme.admin));
    await acme.owner.expect(201, invite(guest.email, 'ADMIN'));
    const last = await acme.owner.expect(201, invite(guest.email));
    for (const answer of [await invite(guest.email), await acme.owner.post(`${invitations()}/${last.id}/resend`)]) {
      expectLimit(answer);
    }
    // What was refused changed nothing, and kept nobody else's back.
    const open = await acme.owner.expect(200, acme.owner.get(invitations()));
    expect(open.data.map(({ id }: any) => id)).toEqual([last.id]);
    await acme.owner.expect(201, invite(other.email));
    await hourAfterTheFirst();
    await acme.owner.expect(200, acme.owner.post(`${invitations()}/${last.id}/resend`));
    expectLimit(await invite(guest.email));
  });

  it('goes to one address twenty times an hour at most, from however many organizations', async () => {
    const [guest, other] = [somebody(), somebody()];
    const tenants = [];
    for (let index = 0; index < 5; index += 1) tenants.push(await network.tenant('mailer'));
    const inviteTo = ({ owner, path }: Tenant, { email }: Persona) =>
      owner.post(`${path}/invitations`, { email, role: 'MEMBER' });
    const [again] = tenants;
    const { id } = await again!.owner.expect(201, inviteTo(again!, guest));
    const resend = () => again!.owner.post(`${again!.path}/invitations/${id}/resend`);
    for (let mail = 0; mail < 3; mail += 1) await again!.owner.expect(200, resend());
    for (const tenant of tenants.slice(1, 4)) {
      for (let mail = 0; mail < 5; mail += 1) await tenant.owner.expect(201, inviteTo(tenant, guest));
    }
    await again!.owner.expect(200, resend());
    await again!.owner.expect(404, again!.owner.post(`${again!.path}/invitations/inv_unknown/resend`));
    for (const answer of [await inviteTo(tenants[4]!, guest), await resend()]) expectLimit(answer);
    await tenants[4]!.owner.expect(201, inviteTo(tenants[4]!, other));
  }, 60_000);

  it('is none of a thousand that may be open, once it has expired', async () => {
    await network.sql(
      `insert into invitations (organization_id, id, email, role, token_hash, expires_at, sent_at)
       select $1, gen_random_uuid(), n || '@late.example', 'MEMBER', decode(md5(n::text), 'hex'),
         app.now() - interval '1 day', app.now()
       from generate_series(1, 1000) n`,
      [acme.uuid],
    );
    await acme.owner.expect(201, invite(somebody().email));
  });

  it('is one of a hundred that an organization sends in an hour', async () => {
    for (let mail = 0; mail < 100; mail += 1) await acme.owner.expect(201, invite(somebody('many').email));
    const guest = somebody();
    expectLimit(await invite(guest.email));
    expectLimit(await invite(guest.email, 'MEMBER', acme.admin));
    const rival = await network.tenant('rival');
    const body = { email: guest.email, role: 'MEMBER' };
    await rival.owner.expect(201, rival.owner.post(`${rival.path}/invitations`, body));
    await hourAfterTheFirst();
    await acme.owner.expect(201, invite(guest.email));
    expectLimit(await invite(somebody().email));
  }, 60_000);

  function expectLimit(answer: Answer): void {
    expect([answer.status, answer.body.code]).toEqual([429, 'over_limit']);
    expect(answer.headers['ratelimit-policy']).toMatch(/^"invit(ation|ee)s";q=\d+;w=3600$/);
    const seconds = Number(answer.headers['retry-after']);
    expect(seconds).toBeGreaterThan(3_400);
    expect(seconds).toBeLessThanOrEqual(3_600);
  }

  const hourAfterTheFirst = () =>
    network.sql(
      `update audit_events set created_at = created_at - interval '1 hour' where organization_id = $1 and id = (
         select id from audit_events where organization_id = $1 and action = 'invitation.created' order by id limit 1)`,
      [acme.uuid],
    );
});
