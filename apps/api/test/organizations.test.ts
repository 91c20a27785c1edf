import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Persona } from '@pagekeeper/testing/network/persona';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract, idsOf } from './contract.ts';

holdAnswersToTheContract();

let network: Network;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

afterAll(() => network?.stop());

const organizations = '/v1/organizations';

/** Slugs belong to everybody: each test has names of its own. */
let made = 0;
const uniqueName = (name: string) => `${name} ${process.pid} ${++made}`;

async function somebody(): Promise<Persona> {
  const { owner } = await network.tenant('somebody');
  return owner;
}

const create = (persona: Persona, body: object) => persona.expect(201, persona.post(organizations, body));

describe('an organization', () => {
  it('is created with a name, belongs to who created it, and is read by id and by slug', async () => {
    const { owner } = await network.tenant('acme');
    const name = uniqueName('My Company');
    const created = await create(owner, { name });
    expect(created).toEqual({
      id: expect.stringMatching(/^org_[0-9a-z]{26}$/),
      owner_id: expect.stringMatching(/^usr_[0-9a-z]{26}$/),
      role: 'OWNER',
      name,
      slug: name.toLowerCase().replaceAll(' ', '-'),
      is_active: true,
      replies_paused: false,
      created_at: expect.any(String),
      updated_at: created.created_at,
    });
    expect(await owner.expect(200, owner.get(`${organizations}/${created.id}`))).toEqual(created);
    expect(await owner.expect(200, owner.get(`${organizations}/${created.slug}`))).toEqual(created);
  });

  it('is seen by each of its people with their own role', async () => {
    const acme = await network.tenant('acme');
    for (const [persona, role] of [
      [acme.owner, 'OWNER'],
      [acme.admin, 'ADMIN'],
      [acme.member, 'MEMBER'],
    ] as const) {
      expect((await persona.expect(200, persona.get(acme.path))).role).toBe(role);
      const { data } = await persona.expect(200, persona.get(organizations));
      expect(data).toMatchObject([{ id: acme.organization.id, role }]);
    }
  });

  it('gets a slug from its name: accents dropped, the rest made hyphens, numbered when it is taken', async () => {
    const owner = await somebody();
    const mark = `${process.pid}`;
    const slugOf = async (name: string): Promise<string> => (await create(owner, { name })).slug;
    expect(await slugOf(`Crème Brûlée & Söhne ${mark}`)).toBe(`creme-brulee-sohne-${mark}`);
    expect(await slugOf(`  Crème  brûlée: Söhne! ${mark} `)).toBe(`creme-brulee-sohne-${mark}-2`);
    expect(await slugOf(`CREME BRULEE SOHNE ${mark}`)).toBe(`creme-brulee-sohne-${mark}-3`);
    expect(await slugOf('日本')).toMatch(/^organization(-\w+)?$/);
    expect(await slugOf('日本')).toMatch(/^organization-\w+$/);
    expect(await slugOf('😀'.repeat(60))).toMatch(/^organization-\w+$/);
    expect((await slugOf(`${mark} ${'long '.repeat(39)}`)).length).toBeLessThanOrEqual(63);
    // The guide's own slugs are made in a rush too.
    const rush = await Promise.all(Array.from({ length: 14 }, () => slugOf(`Rush ${mark}`)));
    expect(new Set(rush).size).toBe(14);
  });

  it('takes a slug of one’s own, and refuses one that another active organization has', async () => {
    const [owner, other] = await Promise.all([somebody(), somebody()]);
    const slug = `chosen-${process.pid}`;
    expect((await create(owner, { name: 'Chosen', slug })).slug).toBe(slug);
    const { code, detail } = await other.expect(409, other.post(organizations, { name: 'Me too', slug }));
    expect(code).toBe('slug_taken');
    expect(detail).toContain(slug);
    for (const wrong of ['Upper', 'two--hyphens', '-edge', 'edge-', 'under_score', 'ümlaut', '', 'x'.repeat(64)]) {
      const refused = await owner.expect(400, owner.post(organizations, { name: 'Wrong', slug: wrong }));
      expect(refused.errors).toMatchObject([{ pointer: '/slug' }]);
    }
  });

  it('changes name, slug and the replies switch, and only what is given', async () => {
    const { owner, path, organization } = await network.tenant('acme');
    const slug = `renamed-${process.pid}`;
    const before = await owner.expect(200, owner.get(path));
    const renamed = await owner.expect(200, owner.patch(path, { name: '  Renamed ', slug }));
    expect(renamed).toEqual({ ...before, name: 'Renamed', slug, updated_at: expect.any(String) });
    expect(renamed.updated_at > before.updated_at).toBe(true);
    const paused = await owner.expect(200, owner.patch(`${organizations}/${slug}`, { replies_paused: true }));
    expect(paused).toMatchObject({ name: 'Renamed', replies_paused: true });
    expect(await owner.expect(200, owner.patch(path, {}))).toEqual(paused);
    expect(await owner.expect(200, owner.patch(path, { name: 'Renamed' }))).toEqual(paused);
    const { data } = await owner.expect(200, owner.get(`${path}/audit-events?action=organization.updated`));
    expect(data.map(({ changes }: any) => Object.keys(changes))).toEqual([['replies_paused'], ['name', 'slug']]);
    await owner.expect(404, owner.get(`${organizations}/${organization.slug}`));
    const other = await somebody();
    const taken = await create(other, { name: uniqueName('Taken') });
    await owner.expect(409, owner.patch(path, { slug: taken.slug }));
    expect((await owner.expect(200, owner.get(path))).slug).toBe(slug);
  });

  it('is soft-deleted: hidden with all that is in it, shown when asked for, restored', async () => {
    const acme = await network.tenant('acme');
    const { owner, path, organization, business } = acme;
    await owner.expect(204, owner.delete(`${organizations}/${organization.slug}`));
    for (const hidden of [
      path,
      `${organizations}/${organization.slug}`,
      `${path}/businesses`,
      `${path}/integrations`,
    ]) {
      await owner.expect(404, owner.get(hidden));
    }
    await owner.expect(404, owner.get(`${path}/businesses/${business.id}`));
    await owner.expect(404, owner.post(`${path}/businesses`, { name: 'Inside' }));
    await owner.expect(404, owner.patch(path, { name: 'Other' }));
    await owner.expect(404, owner.delete(path));
    const listed = async (query: string) => idsOf(await owner.expect(200, owner.get(`${organizations}${query}`)));
    expect(await listed('')).toEqual([]);
    expect(await listed('?active=true')).toEqual([]);
    expect(await listed('?active=false')).toEqual([organization.id]);
    expect(await listed('?active=any')).toEqual([organization.id]);
    expect((await owner.expect(200, owner.get(`${path}?active=any`))).is_active).toBe(false);
    expect((await owner.expect(200, owner.get(`${path}?active=false`))).id).toBe(organization.id);
    await acme.admin.expect(403, acme.admin.post(`${path}/restore`));
    expect((await owner.expect(200, owner.post(`${path}/restore`))).is_active).toBe(true);
    await owner.expect(200, owner.get(`${path}/businesses/${business.id}`));
    await owner.expect(404, owner.get(`${path}?active=false`));
  });

  it('is found and restored by its slug too: the active one first, then the one of one’s own that had it last', async () => {
    const acme = await network.tenant('acme');
    const { owner, organization: first } = acme;
    const bySlug = `${organizations}/${first.slug}`;
    await owner.expect(204, owner.delete(bySlug));
    const second = await create(owner, { name: 'Second', slug: first.slug });
    await owner.expect(204, owner.delete(bySlug));
    const rival = await somebody();
    // Somebody else's of the same slug is nobody's business, be it active or not.
    await rival.expect(404, rival.get(`${bySlug}?active=any`));
    const theirs = await create(rival, { name: 'Theirs', slug: first.slug });
    await owner.expect(404, owner.get(bySlug));
    expect((await owner.expect(200, owner.get(`${bySlug}?active=any`))).id).toBe(second.id);
    expect((await acme.member.expect(200, acme.member.get(`${bySlug}?active=any`))).id).toBe(first.id);
    await acme.admin.expect(403, acme.admin.post(`${bySlug}/restore`));
    const restored = await owner.expect(200, owner.post(`${bySlug}/restore`));
    expect(restored).toMatchObject({ id: second.id, slug: `${first.slug}-2`, is_active: true });
    expect((await owner.expect(200, owner.get(`${bySlug}?active=any`))).id).toBe(first.id);
    expect((await rival.expect(200, rival.get(`${bySlug}?active=any`))).id).toBe(theirs.id);
  });

  it('is restored under the next free slug while somebody else’s has its own, and the log says so', async () => {
    const { owner, path, organization } = await network.tenant('acme');
    const { slug } = organization;
    await owner.expect(204, owner.delete(path));
    const other = await somebody();
    const successor = await create(other, { name: 'Successor', slug });
    expect(successor.slug).toBe(slug);
    await create(other, { name: 'Second', slug: `${slug}-2` });
    const restored = await owner.expect(200, owner.post(`${path}/restore`));
    expect(restored).toMatchObject({ id: organization.id, slug: `${slug}-3`, is_active: true });
    expect(await owner.expect(200, owner.get(`${organizations}/${slug}-3`))).toEqual(restored);
    await owner.expect(404, owner.get(`${organizations}/${slug}`));
    expect(await other.expect(200, other.get(`${organizations}/${slug}`))).toEqual(successor);
    const restorations = () => owner.expect(200, owner.get(`${path}/audit-events?action=organization.restored`));
    expect((await restorations()).data).toMatchObject([{ changes: { slug: { from: slug, to: `${slug}-3` } } }]);
    // What is active is not restored: nothing changes, and the log has no line.
    expect(await owner.expect(200, owner.post(`${path}/restore`))).toEqual(restored);
    expect((await restorations()).data).toHaveLength(1);
  });

  it('with a slug of 63 letters is restored under one that is a slug too', async () => {
    const [owner, other] = await Promise.all([somebody(), somebody()]);
    const slug = `${process.pid}-${'x'.repeat(63)}`.slice(0, 63);
    const { id } = await create(owner, { name: 'Long', slug });
    await owner.expect(204, owner.delete(`${organizations}/${id}`));
    await create(other, { name: 'Long too', slug });
    const restored = await owner.expect(200, owner.post(`${organizations}/${id}/restore`));
    expect(restored.slug).toBe(slug.slice(0, 50));
  });

  it('is not called as a page of the console is: /organizations/new', async () => {
    const owner = await somebody();
    const { slug, id } = await create(owner, { name: 'New' });
    expect(slug).toMatch(/^new-\w+$/);
    for (const answer of [
      owner.post(organizations, { name: 'x', slug: 'new' }),
      owner.patch(`${organizations}/${id}`, { slug: 'new' }),
    ]) {
      expect((await owner.expect(400, answer)).errors).toMatchObject([{ pointer: '/slug' }]);
    }
  });
});

describe('the list of one’s organizations', () => {
  it('is filtered by ownership and role', async () => {
    const [acme, other] = await Promise.all([network.tenant('acme'), network.tenant('other')]);
    const { admin } = acme;
    const own = await create(admin, { name: uniqueName('Own') });
    const listed = async (query: string) => idsOf(await admin.expect(200, admin.get(`${organizations}?${query}`)));
    expect(await listed('')).toEqual([own.id, acme.organization.id]);
    expect(await listed('owned=true')).toEqual([own.id]);
    expect(await listed('owned=false')).toEqual([acme.organization.id]);
    expect(await listed('role=ADMIN')).toEqual([acme.organization.id]);
    expect(await listed('role=OWNER,ADMIN')).toEqual([own.id, acme.organization.id]);
    expect(await listed('role=MEMBER')).toEqual([]);
    expect(await listed('active=any')).not.toContain(other.organization.id);
    for (const wrong of ['owned=yes', 'role=owner', 'role=', 'role=OWNER,BOSS', 'owned=true&owned=false']) {
      await admin.expect(400, admin.get(`${organizations}?${wrong}`));
    }
  });

  it('comes in pages that newer organizations do not move', async () => {
    const owner = await somebody();
    const first = await owner.expect(200, owner.get(organizations));
    const mine = [...idsOf(first)];
    for (let index = 0; index < 6; index += 1) mine.unshift((await create(owner, { name: uniqueName('Paged') })).id);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = `?limit=3${cursor && `&cursor=${cursor}`}`;
      const page = await owner.expect(200, owner.get(`${organizations}${query}`));
      expect(page.has_more).toBe(page.next_cursor !== null);
      seen.push(...idsOf(page));
      cursor = page.next_cursor;
      await create(owner, { name: uniqueName('In between') });
    }
    expect(seen).toEqual(mine);
  });
});
