import { sendInvitationJob } from '@pagekeeper/domain/jobs';
import { sweep } from '@pagekeeper/domain/sweep';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;
let made = 0;

beforeAll(async () => {
  network = await startNetwork({ mail: true });
}, 60_000);

beforeEach(async () => {
  acme = await network.tenant('acme');
});

afterEach(() => network.moveClock(0));

afterAll(() => network?.stop());

const invitations = () => `${acme.path}/invitations`;
const somebody = (name = 'guest'): Persona => network.persona(`${name}-${process.pid}-${++made}`);
const invite = (email: string, role = 'MEMBER', by = acme.owner): Promise<Answer> =>
  by.post(invitations(), { email, role });
const accept = (persona: Persona, token: string) => persona.post('/v1/invitations/accept', { token });
const tokenIn = (text: string): string => /#token=([\w-]{43})/.exec(text)![1]!;

async function verified(persona: Persona): Promise<Persona> {
  await persona.signUp();
  await network.sql('update auth.users set email_verified = true where email = $1', [persona.email]);
  return persona;
}

/** The token of the newest of this many invitations; other mails come to who has an account. */
async function mailedToken(email: string, count = 1): Promise<string> {
  const invited = async () => (await network.mailsTo(email, count)).filter(({ text }) => text.includes('#token='));
  await expect.poll(invited, { timeout: 15_000 }).toHaveLength(count);
  return tokenIn((await invited()).at(-1)!.text);
}

function expectRefusal(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.body.code]).toEqual([status, code]);
}

describe('an invitation', () => {
  it('reaches somebody without an account by mail, who signs up, verifies the address and joins', async () => {
    const guest = somebody();
    const { id, ...shown } = await acme.admin.expect(201, invite(guest.email.toUpperCase(), 'ADMIN', acme.admin));
    expect(shown).toMatchObject({ email: guest.email, role: 'ADMIN', state: 'pending', accepted_by: null });
    const [mail] = await network.mailsTo(guest.email);
    expect(mail!.subject).toContain('Join acme');
    expect(mail!.text).toContain(`${network.apiUrl}/accept-invitation#token=`);
    const token = tokenIn(mail!.text);
    await guest.signUp();
    expectRefusal(await accept(guest, token), 403, 'email_not_verified');
    await network.sql('update auth.users set email_verified = true where email = $1', [guest.email]);
    const organization = await guest.expect(200, accept(guest, token));
    expect([organization.id, organization.role]).toEqual([acme.organization.id, 'ADMIN']);
    await guest.expect(201, guest.post(`${acme.path}/businesses`, { name: 'By the guest' }));
    const list = await acme.owner.expect(200, acme.owner.get(`${invitations()}?state=accepted`));
    expect(list.data).toMatchObject([{ id, state: 'accepted', accepted_by: expect.stringMatching(/^usr_/) }]);
    const members = await acme.owner.expect(200, acme.owner.get(`${acme.path}/members`));
    expect(members.data[0]).toMatchObject({ email: guest.email, invited_by: expect.stringMatching(/^usr_/) });
  });

  it('shows its link to who made it, and nowhere else', async () => {
    const guest = somebody();
    const { accept_url } = await acme.owner.expect(201, invite(guest.email));
    expect(accept_url).toBe(`${network.apiUrl}/accept-invitation#token=${await mailedToken(guest.email)}`);
    const list = await acme.owner.get(`${invitations()}?state=any`);
    expect(list.text).not.toContain(tokenIn(accept_url));
    const stored = await network.sql(`select t::text as text from invitations t where email = $1`, [guest.email]);
    expect(stored[0].text).not.toContain(tokenIn(accept_url));
  });

  it('makes one member, however often it is accepted: 200 times at once', async () => {
    const guest = await verified(somebody());
    await acme.owner.expect(201, invite(guest.email));
    const token = await mailedToken(guest.email);
    const answers = await Promise.all(Array.from({ length: 200 }, () => accept(guest, token)));
    // A pool of few connections may be too busy for some: they are told to try again.
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter(status => ![200, 503].includes(status))).toEqual([]);
    expect(statuses).toContain(200);
    await guest.expect(200, accept(guest, token));
    const rows = await network.sql(
      'select m.id from organization_memberships m join auth.users u on u.id = m.user_id where u.email = $1',
      [guest.email],
    );
    expect(rows).toHaveLength(1);
    const lines = await network.sql(
      `select from audit_events where action = 'invitation.accepted' and organization_id = $1`,
      [acme.uuid],
    );
    expect(lines).toHaveLength(1);
  });

  it('is of no use to somebody else, who learns nothing', async () => {
    const [guest, thief] = [somebody(), await verified(somebody('thief'))];
    const { accept_url } = await acme.owner.expect(201, invite(guest.email));
    const answer = await accept(thief, tokenIn(accept_url));
    expectRefusal(answer, 403, 'forbidden');
    expect(answer.text).not.toContain(guest.email);
    expect(answer.text).not.toContain('acme');
    expectRefusal(await accept(thief, 'x'.repeat(43)), 404, 'not_found');
    expect((await accept(network.anonymous, tokenIn(accept_url))).status).toBe(401);
  });

  it('is replaced by the next one to the same address, and moved by sending it again', async () => {
    const guest = await verified(somebody());
    const first = await acme.owner.expect(201, invite(guest.email));
    // What is replaced before its mail went out is not mailed any more.
    await mailedToken(guest.email, 1);
    const second = await acme.owner.expect(201, invite(guest.email, 'ADMIN'));
    await mailedToken(guest.email, 2);
    expectRefusal(await accept(guest, tokenIn(first.accept_url)), 409, 'invitation_closed');
    const again = await acme.owner.expect(200, acme.owner.post(`${invitations()}/${second.id}/resend`));
    expect(again.accept_url).not.toBe(second.accept_url);
    expectRefusal(await accept(guest, tokenIn(second.accept_url)), 404, 'not_found');
    expect(await mailedToken(guest.email, 3)).toBe(tokenIn(again.accept_url));
    expect((await guest.expect(200, accept(guest, tokenIn(again.accept_url)))).role).toBe('ADMIN');
    const { data } = await acme.owner.expect(200, acme.owner.get(invitations()));
    expect(data).toEqual([]);
  });

  it('is one for an address that is invited several times at once: the last replaces the others', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { email } = somebody();
      const answers = await Promise.all(Array.from({ length: 4 }, () => invite(email)));
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
      const rows = await network.sql('select state from invitations where email = $1 order by state', [email]);
      expect(rows.map(({ state }) => state)).toEqual(['pending', 'revoked', 'revoked', 'revoked']);
    }
  });

  it('ends when it is revoked, and after seven days', async () => {
    const [one, two] = [await verified(somebody()), await verified(somebody())];
    const revoked = await acme.owner.expect(201, invite(one.email));
    await acme.owner.expect(204, acme.owner.delete(`${invitations()}/${revoked.id}`));
    await acme.owner.expect(404, acme.owner.delete(`${invitations()}/${revoked.id}`));
    expectRefusal(await accept(one, tokenIn(revoked.accept_url)), 409, 'invitation_closed');
    const { accept_url } = await acme.owner.expect(201, invite(two.email));
    await network.moveClock(7 * 24 + 1);
    expectRefusal(await accept(two, tokenIn(accept_url)), 409, 'invitation_closed');
    const { data } = await acme.owner.expect(200, acme.owner.get(`${invitations()}?state=expired`));
    expect(data.map(({ email }: any) => email)).toEqual([two.email]);
  });

  it('grants no more than its maker may, then and when it is accepted', async () => {
    const guest = await verified(somebody());
    expectRefusal(await invite(guest.email, 'OWNER', acme.admin), 403, 'forbidden');
    expectRefusal(await invite(guest.email, 'MEMBER', acme.member), 403, 'forbidden');
    const { accept_url } = await acme.admin.expect(201, invite(guest.email, 'ADMIN', acme.admin));
    const members = await acme.owner.expect(200, acme.owner.get(`${acme.path}/members?role=ADMIN`));
    const admin = `${acme.path}/members/${members.data[0].id}`;
    await acme.owner.expect(200, acme.owner.patch(admin, { role: 'MEMBER' }));
    expectRefusal(await accept(guest, tokenIn(accept_url)), 409, 'invitation_closed');
    await acme.owner.expect(200, acme.owner.patch(admin, { role: 'ADMIN' }));
    await guest.expect(200, accept(guest, tokenIn(accept_url)));
  });

  it('rests on the right of whoever sent it again, once its maker is gone', async () => {
    const [guest, other] = [await verified(somebody()), await verified(somebody())];
    const { id } = await acme.admin.expect(201, invite(guest.email, 'MEMBER', acme.admin));
    const byProgram = await acme.admin.expect(201, invite(other.email, 'MEMBER', acme.admin));
    const members = await acme.owner.expect(200, acme.owner.get(`${acme.path}/members?role=ADMIN`));
    await acme.admin.expect(204, acme.admin.delete(`${acme.path}/members/${members.data[0].id}`));
    const again = await acme.owner.expect(200, acme.owner.post(`${invitations()}/${id}/resend`));
    const me = await acme.owner.expect(200, acme.owner.get('/v1/me'));
    expect(again.invited_by).toBe(me.id);
    expect((await guest.expect(200, accept(guest, tokenIn(again.accept_url)))).role).toBe('MEMBER');
    const program = await acme.program({ role: 'ADMIN' });
    const byKey = await program.expect(200, program.post(`${invitations()}/${byProgram.id}/resend`));
    expect(byKey.invited_by).toBeNull();
    await other.expect(200, accept(other, tokenIn(byKey.accept_url)));
  });

  it('of an API key holds after the key was rotated, and not after it was revoked', async () => {
    const { key } = await acme.program({ role: 'ADMIN' });
    const program = network.program('hiring', key.secret);
    const [guest, late] = [await verified(somebody()), await verified(somebody('late'))];
    const tokens = [];
    for (const { email } of [guest, late]) {
      const { accept_url } = await program.expect(201, invite(email, 'MEMBER', program));
      tokens.push(tokenIn(accept_url));
    }
    const keys = `${acme.path}/api-keys`;
    const rotate = { overlap_seconds: 0 };
    const next = await acme.owner.expect(201, acme.owner.post(`${keys}/${key.id}/rotate`, rotate));
    await guest.expect(200, accept(guest, tokens[0]!));
    await acme.owner.expect(204, acme.owner.delete(`${keys}/${next.id}`));
    expectRefusal(await accept(late, tokens[1]!), 409, 'invitation_closed');
  });

  it('of an OWNER is neither revoked, replaced nor sent again by an ADMIN', async () => {
    const { email } = somebody();
    const { id } = await acme.owner.expect(201, invite(email, 'OWNER'));
    expectRefusal(await invite(email, 'MEMBER', acme.admin), 403, 'forbidden');
    await acme.admin.expect(403, acme.admin.delete(`${invitations()}/${id}`));
    await acme.admin.expect(403, acme.admin.post(`${invitations()}/${id}/resend`));
  });

  it('is refused for who is a member, and for what is no address', async () => {
    expectRefusal(await invite(acme.member.email), 409, 'already_member');
    for (const email of ['nobody', '', 'a@b', `${'x'.repeat(400)}@example.com`, 7, null]) {
      expectRefusal(await invite(email as string), 400, 'invalid_request');
    }
  });

  it('gives a former member their place back, with the new role', async () => {
    const { member, owner } = acme;
    await network.sql('update auth.users set email_verified = true where email = $1', [member.email]);
    const members = await owner.expect(200, owner.get(`${acme.path}/members?role=MEMBER`));
    await owner.expect(204, owner.delete(`${acme.path}/members/${members.data[0].id}`));
    const { accept_url } = await owner.expect(201, invite(member.email, 'ADMIN'));
    expect((await member.expect(200, accept(member, tokenIn(accept_url)))).role).toBe('ADMIN');
    expect((await member.expect(200, member.get(`${acme.path}/members`))).data).toHaveLength(3);
  });

  it('is mailed once the mail server and the queue are back: the sweep finds it', async () => {
    const guest = somebody();
    await acme.owner.expect(201, invite(guest.email));
    await mailedToken(guest.email);
    // As if the nudge and its mail had been lost.
    await network.sql('update invitations set sent_at = null where email = $1', [guest.email]);
    const { found } = await sweep(network.services, 'unsent_invitations', sendInvitationJob, 500);
    expect(found).toBeGreaterThan(0);
    await mailedToken(guest.email, 2);
    await network.settle();
    const [{ sent_at }] = await network.sql('select sent_at from invitations where email = $1', [guest.email]);
    expect(sent_at).not.toBeNull();
  });

  it('waits behind nobody else’s: organizations are mailed for by turns', async () => {
    const crowded = await network.tenant('crowded');
    const unsent = `state = 'pending' and sent_at is null`;
    const values = `gen_random_uuid(), n || '@crowded.example', 'MEMBER', '\\x00', app.now() + interval '7 days'`;
    const guest = somebody();
    await acme.owner.expect(201, invite(guest.email));
    await mailedToken(guest.email);
    // In a transaction that ends in nothing: the worker, whose sweep would mail for them, sees none of it.
    const client = new pg.Client({ connectionString: network.database.adminUrl });
    await client.connect();
    try {
      await client.query('begin isolation level repeatable read');
      await client.query(
        `insert into invitations (organization_id, id, email, role, token_hash, expires_at)
         select $1, ${values} from generate_series(1, 50) n`,
        [crowded.uuid],
      );
      await client.query('update invitations set sent_at = null where email = $1', [guest.email]);
      const organizations = 'count(distinct organization_id)::int as organizations';
      const [all] = (await client.query(`select ${organizations} from invitations where ${unsent}`)).rows;
      expect(all.organizations).toBeGreaterThanOrEqual(2);
      const taken = `select ${organizations} from router.unsent_invitations($1)`;
      expect((await client.query(taken, [all.organizations])).rows).toEqual([all]);
    } finally {
      await client.end();
    }
  });
});
