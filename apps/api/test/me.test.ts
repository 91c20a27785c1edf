import { parsePublicId } from '@pagekeeper/domain/ids';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract } from './contract.ts';
import { addressOf, elsewhere, keyOf } from './people.ts';

holdAnswersToTheContract();

let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

afterAll(() => network?.stop());

const path = '/v1/me';
const me = (persona: Persona) => persona.expect(200, persona.get(path));
const refused = ({ status, body }: Answer) => [status, body.code];
const allNotices = { token_expiring: true, token_dead: true, page_moved: true, staff_entered: true };

describe('who am I', () => {
  it('tells a person who they are and where they belong', async () => {
    const acme = await network.tenant('Acme');
    const second = await acme.admin.expect(201, acme.admin.post('/v1/organizations', { name: 'Second Home' }));
    const gone = await acme.admin.expect(201, acme.admin.post('/v1/organizations', { name: 'Closed' }));
    await acme.admin.expect(204, acme.admin.delete(`/v1/organizations/${gone.id}`));
    const shown = await me(acme.admin);
    const { id, name, slug } = await acme.owner.expect(200, acme.owner.get(acme.path));
    expect(shown).toEqual({
      id: expect.stringMatching(/^usr_/),
      type: 'user',
      name: acme.admin.name,
      email: addressOf(acme.admin),
      email_verified: false,
      two_factor_enabled: false,
      is_staff: false,
      notices: allNotices,
      organizations: [
        { id: second.id, name: 'Second Home', slug: second.slug, role: 'OWNER' },
        { id, name, slug, role: 'ADMIN' },
      ],
    });
    expect(parsePublicId('user', shown.id)).toBe(acme.admin.userId);
  });

  it('tells a program of a deactivated organization about its key alone; with a purge the key ends', async () => {
    const closing = await network.tenant('Closing');
    const program = await closing.program({ role: 'MEMBER', scopes: ['read'] });
    await closing.owner.expect(204, closing.owner.delete(closing.path));
    expect(await me(program)).toMatchObject({ id: program.key.id, role: 'MEMBER', organizations: [] });
    expect(refused(await program.get(closing.path))).toEqual([404, 'not_found']);
    const confirm = closing.organization.slug;
    await closing.owner.expect(202, closing.owner.post(`${closing.path}/purge`, { confirm }));
    for (const address of [path, closing.path, '/v1/organizations']) {
      expect(refused(await program.get(address)), address).toEqual([401, 'unauthenticated']);
    }
    expect(refused(await program.post(`${closing.path}/businesses`, { name: 'x' }))).toEqual([401, 'unauthenticated']);
  });

  it('tells a program about its key, whatever that may do, and lets it change nothing here', async () => {
    const keyed = await network.tenant('Keyed');
    const { id, headers } = await keyOf(network, keyed, 'MEMBER', ['events']);
    const program = network.persona('program');
    const { name, slug } = await keyed.owner.expect(200, keyed.owner.get(keyed.path));
    expect(await program.expect(200, program.get(path, headers))).toEqual({
      id: expect.stringMatching(/^key_/),
      type: 'api_key',
      name: 'Shop system',
      role: 'MEMBER',
      scopes: ['events'],
      organizations: [{ id: keyed.organization.id, name, slug, role: 'MEMBER' }],
    });
    expect(refused(await program.patch(path, { name: 'x' }, headers))).toEqual([403, 'forbidden']);
    expect(refused(await program.send('delete', path, {}, headers as never))).toEqual([403, 'forbidden']);
    await network.sql('update api_keys set revoked_at = now() where id = $1', [id]);
    expect(refused(await program.get(path, headers))).toEqual([401, 'unauthenticated']);
  });

  it('tells nothing to anybody else', async () => {
    for (const method of ['get', 'patch', 'delete'] as const) {
      const answer = await network.anonymous.send(method, path, method === 'get' ? undefined : {});
      expect(refused(answer)).toEqual([401, 'unauthenticated']);
    }
  });
});

describe('a person', () => {
  let nicks = 0;

  it('changes their name, and which mails they get', async () => {
    const nell = await network.persona('Nell Named').signUp();
    const { text } = await nell.get(path);
    const renamed = await nell.expect(200, nell.patch(path, { name: '  Nell Renamed ' }));
    expect(renamed).toMatchObject({ name: 'Nell Renamed', notices: allNotices });
    const quiet = { token_expiring: false, page_moved: false };
    await nell.expect(200, nell.patch(path, { notices: quiet }));
    await nell.expect(200, nell.patch(path, { notices: { page_moved: true } }));
    expect(await me(nell)).toEqual({
      ...JSON.parse(text),
      name: 'Nell Renamed',
      notices: { ...allNotices, token_expiring: false },
    });
    expect((await nell.get('/auth/get-session')).body.user.name).toBe('Nell Renamed');
  });

  it.each([
    ['an empty name', { name: ' ' }],
    ['a name of 201 letters', { name: 'x'.repeat(201) }],
    ['an unknown notice', { notices: { everything: true } }],
    ['a notice that is not yes or no', { notices: { token_dead: 'yes' } }],
    ['no notices', { notices: null }],
    ['what is not theirs to change', { is_staff: true }],
    ['an address', { email: 'other@example.com' }],
    ['a confirmation', { email_verified: true }],
  ])('cannot change %s', async (_, body) => {
    const nick = await network.persona(`Nick ${++nicks}`).signUp();
    const { text } = await nick.get(path);
    expect(refused(await nick.patch(path, body))).toEqual([400, 'invalid_request']);
    expect((await nick.get(path)).text).toBe(text);
  });

  it('changes what they have seen, and nothing newer', async () => {
    const { name } = await network.persona('Edna Etag').signUp();
    const edna = await elsewhere(network, network.persona(name));
    const { headers } = await edna.get(path);
    expect(headers.etag).toMatch(/^"v\d+"$/);
    const rename = (to: string, etag: string) => edna.patch(path, { name: to }, { 'If-Match': etag });
    const renamed = await rename('Edna One', headers.etag!);
    expect([renamed.status, renamed.headers.etag === headers.etag]).toEqual([200, false]);
    expect(refused(await rename('Edna Two', headers.etag!))).toEqual([412, 'stale_version']);
    const three = await rename('Edna Three', renamed.headers.etag!);
    expect(three.status).toBe(200);
    // What changes nothing makes no version.
    for (const same of [{}, { name: 'Edna Three' }, { notices: {} }]) {
      expect((await edna.patch(path, same)).headers.etag).toBe(three.headers.etag);
    }
  });
});

describe('people', () => {
  const members = async ({ path }: Tenant, viewer: Persona): Promise<any[]> =>
    (await viewer.expect(200, viewer.get(`${path}/members?active=any`))).data;

  it('see name and address of those who share an organization with them, there and while they do', async () => {
    const [acme, rival] = [await network.tenant('Seen'), await network.tenant('Unseen')];
    for (const viewer of [acme.owner, acme.member]) {
      const seen = await members(acme, viewer);
      expect(seen.map(({ email }) => email).sort()).toEqual(
        [acme.owner, acme.admin, acme.member].map(addressOf).sort(),
      );
      await viewer.expect(404, viewer.get(`${rival.path}/members`));
      expect((await viewer.get(path)).text).not.toMatch(/\.admin@/i);
    }
    await acme.owner.expect(200, acme.owner.patch(path, { name: 'Olga Owner' }));
    const admin = (await members(acme, acme.member)).find(({ email }) => email === addressOf(acme.admin));
    await acme.owner.expect(204, acme.owner.delete(`${acme.path}/members/${admin.id}`));
    const seen = await members(acme, acme.member);
    expect(seen.find(({ id }) => id === admin.id)).toMatchObject({ name: null, email: null, is_active: false });
    expect(seen.map(({ name }) => name)).toContain('Olga Owner');
    await acme.admin.expect(404, acme.admin.get(`${acme.path}/members`));
  });
});
