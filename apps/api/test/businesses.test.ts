import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract, idsOf } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
}, 60_000);

afterAll(() => network?.stop());

const businesses = () => `${acme.path}/businesses`;
const create = (body: object) => acme.owner.expect(201, acme.owner.post(businesses(), body));
const listed = async (query = '') => idsOf(await acme.owner.expect(200, acme.owner.get(`${businesses()}${query}`)));

describe('a business', () => {
  beforeEach(async () => {
    acme = await network.tenant('acme');
  });

  it('is created as the guide does it, and read by id and by slug', async () => {
    const { owner, organization } = acme;
    const description = 'Our main online store\nwith "quotes", tabs\t and 😀';
    const created = await create({ name: 'Second Store', slug: 'second-store', description });
    expect(created).toEqual({
      id: expect.stringMatching(/^biz_[0-9a-z]{26}$/),
      organization_id: organization.id,
      name: 'Second Store',
      slug: 'second-store',
      description,
      is_active: true,
      created_at: expect.any(String),
      updated_at: created.created_at,
    });
    expect(await owner.expect(200, owner.get(`${businesses()}/${created.id}`))).toEqual(created);
    expect(await owner.expect(200, owner.get(`${businesses()}/second-store`))).toEqual(created);
    const bySlugs = `/v1/organizations/${organization.slug}/businesses/second-store`;
    expect(await owner.expect(200, owner.get(bySlugs))).toEqual(created);
  });

  it('gets a slug that is free in its organization, and may have what another organization uses', async () => {
    const slugOf = async (name: string) => (await create({ name })).slug;
    expect(await slugOf('E-commerce Store')).toBe('e-commerce-store-2');
    expect(await slugOf('Épicerie fine')).toBe('epicerie-fine');
    expect(await slugOf('日本')).toBe('business');
    expect(await slugOf('日本')).toBe('business-2');
    const rush = await Promise.all(Array.from({ length: 12 }, () => slugOf('Rush')));
    expect(new Set(rush).size).toBe(12);
    const rival = await network.tenant('rival');
    expect(rival.business.slug).toBe(acme.business.slug);
    const { code } = await acme.owner.expect(409, acme.owner.post(businesses(), { name: 'x', slug: 'rush' }));
    expect(code).toBe('slug_taken');
  });

  it('changes name, slug and description, and only what is given', async () => {
    const { owner, business } = acme;
    const path = `${businesses()}/${business.id}`;
    const before = await owner.expect(200, owner.get(path));
    const patch = { name: 'Tea House', slug: 'tea-house', description: 'Green.' };
    const changed = await owner.expect(200, owner.patch(path, patch));
    expect(changed).toEqual({ ...before, ...patch, updated_at: expect.any(String) });
    expect(await owner.expect(200, owner.patch(`${businesses()}/tea-house`, { description: '' }))).toMatchObject({
      ...patch,
      description: '',
    });
    await create({ name: 'Coffee House' });
    await owner.expect(409, owner.patch(path, { slug: 'coffee-house' }));
    await owner.expect(404, owner.patch(`${businesses()}/e-commerce-store`, { name: 'Gone' }));
  });

  it('is soft-deleted: hidden with its integrations, shown when asked for, restored', async () => {
    const { owner, business } = acme;
    const { id: integration } = await owner.expect(
      201,
      owner.post(`${businesses()}/${business.id}/integrations`, { integration_type: 'FACEBOOK_PAGE', name: 'Page' }),
    );
    const path = `${businesses()}/${business.id}`;
    const bySlug = `${businesses()}/${business.slug}`;
    await owner.expect(204, owner.delete(path));
    const inside = `${acme.path}/integrations/${integration}`;
    for (const hidden of [path, bySlug, `${path}/integrations`, inside, `${inside}?active=any`]) {
      await owner.expect(404, owner.get(hidden));
    }
    const body = { integration_type: 'FACEBOOK_PAGE', name: 'Page' };
    await owner.expect(404, owner.post(`${path}/integrations`, body));
    await owner.expect(404, owner.patch(inside, { name: 'Other' }));
    await owner.expect(404, owner.delete(inside));
    await owner.expect(404, owner.delete(path));
    await owner.expect(404, owner.get(`${acme.path}/integrations?business=${business.id}`));
    expect(idsOf(await owner.expect(200, owner.get(`${acme.path}/integrations?active=any`)))).toEqual([]);
    expect(await listed()).toEqual([]);
    expect(await listed('?active=false')).toEqual([business.id]);
    expect(await listed('?active=any')).toEqual([business.id]);
    expect((await owner.expect(200, owner.get(`${path}?active=any`))).is_active).toBe(false);
    expect((await owner.expect(200, owner.post(`${path}/restore`))).is_active).toBe(true);
    await owner.expect(200, owner.get(inside));
  });

  it('is found and restored by its slug too: the active one first, then the one that had it last', async () => {
    const { owner, business: first } = acme;
    const bySlug = `${businesses()}/${first.slug}`;
    await owner.expect(204, owner.delete(bySlug));
    const second = await create({ name: 'Second', slug: first.slug });
    await owner.expect(204, owner.delete(bySlug));
    await owner.expect(404, owner.get(bySlug));
    for (const active of ['any', 'false']) {
      expect((await owner.expect(200, owner.get(`${bySlug}?active=${active}`))).id).toBe(second.id);
    }
    expect(await owner.expect(200, owner.post(`${bySlug}/restore`))).toMatchObject({ id: second.id, is_active: true });
    expect((await owner.expect(200, owner.get(`${bySlug}?active=any`))).id).toBe(second.id);
    expect((await owner.expect(200, owner.get(`${bySlug}?active=false`))).id).toBe(first.id);
  });

  it('leaves no line in the log where nothing was changed or restored, nor does an integration', async () => {
    const { owner, business } = acme;
    const path = `${businesses()}/${business.id}`;
    const integration = await owner.expect(
      201,
      owner.post(`${path}/integrations`, { integration_type: 'FACEBOOK_PAGE', name: 'Page' }),
    );
    const lines = async () => (await owner.expect(200, owner.get(`${acme.path}/audit-events`))).data.length;
    const before = await lines();
    for (const inside of [path, `${acme.path}/integrations/${integration.id}`]) {
      const shown = await owner.expect(200, owner.get(inside));
      expect(await owner.expect(200, owner.patch(inside, {}))).toEqual(shown);
      expect(await owner.expect(200, owner.patch(inside, { name: shown.name }))).toEqual(shown);
      expect(await owner.expect(200, owner.post(`${inside}/restore`))).toEqual(shown);
    }
    expect(await lines()).toBe(before);
  });

  it('cannot be restored while another has its slug', async () => {
    const { owner, business } = acme;
    await owner.expect(204, owner.delete(`${businesses()}/${business.id}`));
    const successor = await create({ name: 'E-commerce Store' });
    expect(successor.slug).toBe(business.slug);
    const { code } = await owner.expect(409, owner.post(`${businesses()}/${business.id}/restore`));
    expect(code).toBe('slug_taken');
    await owner.expect(200, owner.patch(`${businesses()}/${successor.id}`, { slug: 'successor' }));
    await owner.expect(200, owner.post(`${businesses()}/${business.id}/restore`));
  });

  it('leaves a line for each change in the log, which says who did what', async () => {
    const { admin, business } = acme;
    const path = `${businesses()}/${business.id}`;
    await admin.expect(200, admin.patch(path, { name: 'Tea House' }, { 'X-Request-Id': 'rename-1' }));
    await admin.expect(204, admin.delete(path));
    const rows = await network.sql(
      `select actor_type, actor_id, action, changes, request_id from audit_events
       where organization_id = $1 and subject_type = 'business' order by id`,
      [acme.uuid],
    );
    expect(rows.slice(1)).toEqual([
      {
        actor_type: 'user',
        actor_id: admin.userId,
        action: 'business.updated',
        changes: { name: { from: 'E-commerce Store', to: 'Tea House' } },
        request_id: 'rename-1',
      },
      expect.objectContaining({ actor_id: admin.userId, action: 'business.deactivated' }),
    ]);
  });
});

describe('a list', () => {
  beforeEach(async () => {
    acme = await network.tenant('acme');
  });

  it('comes newest first, in pages that inserts and deletions do not move', async () => {
    const all = [acme.business.id];
    for (const name of 'abcdefg') all.unshift((await create({ name })).id);
    const first = await acme.owner.expect(200, acme.owner.get(`${businesses()}?limit=3`));
    expect(first).toMatchObject({ has_more: true, next_cursor: expect.stringMatching(/^[\w-]+$/) });
    expect(idsOf(first)).toEqual(all.slice(0, 3));
    await create({ name: 'newer' });
    // Even the row that the cursor stands on may go.
    await acme.owner.expect(204, acme.owner.delete(`${businesses()}/${all[2]}`));
    const second = await acme.owner.expect(200, acme.owner.get(`${businesses()}?limit=3&cursor=${first.next_cursor}`));
    expect(idsOf(second)).toEqual(all.slice(3, 6));
    const last = await acme.owner.expect(200, acme.owner.get(`${businesses()}?limit=3&cursor=${second.next_cursor}`));
    expect(idsOf(last)).toEqual(all.slice(6));
    expect(last).toMatchObject({ has_more: false, next_cursor: null });
  });

  it('ends exactly, and holds 25 where nothing is said', async () => {
    await Promise.all(Array.from({ length: 26 }, (_, index) => create({ name: `Shop ${index}` })));
    const page = await acme.owner.expect(200, acme.owner.get(businesses()));
    expect(page.data).toHaveLength(25);
    expect(page.has_more).toBe(true);
    const exact = await acme.owner.expect(200, acme.owner.get(`${businesses()}?limit=27`));
    expect(exact).toMatchObject({ has_more: false, next_cursor: null });
    expect(exact.data).toHaveLength(27);
    expect(await listed('?limit=100')).toHaveLength(27);
    expect(await listed('?limit=1')).toHaveLength(1);
  });
});

describe('a query', () => {
  beforeAll(async () => {
    acme = await network.tenant('acme');
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=', 'limit'],
    ['limit=5&limit=6', 'limit'],
    ['cursor=', 'cursor'],
    ['cursor=not-one', 'cursor'],
    ['cursor=%00', 'cursor'],
    [`cursor=${'A'.repeat(500)}`, 'cursor'],
    ['cursor=AAAAAAAAAAAAAAAAAAAAAA&cursor=AAAAAAAAAAAAAAAAAAAAAA', 'cursor'],
    ['active=yes', 'active'],
    ['active=true&active=any', 'active'],
    ['unknown=1', 'unknown'],
    [`${'&'.repeat(1_200)}unknown=1`, 'unknown'],
    ['organization_id=1', 'organization_id'],
    ['limit[]=5', 'limit[]'],
    ['__proto__=1', '__proto__'],
    ['constructor=1', 'constructor'],
    ['include=secrets', 'include'],
  ])('is refused for ?%s, and told the parameter', async (query, parameter) => {
    for (const list of [businesses(), `${acme.path}/integrations`, '/v1/organizations']) {
      const { code, errors } = await acme.owner.expect(400, acme.owner.get(`${list}?${query}`));
      expect(code).toBe('invalid_request');
      expect(errors[0].pointer).toBe(parameter);
    }
  });

  it('is refused for the cursor of another list', async () => {
    const { owner } = acme;
    const { next_cursor } = await owner.expect(200, owner.get(`${acme.path}/members?limit=1`));
    for (const list of [businesses(), `${acme.path}/events`, '/v1/organizations']) {
      const { errors } = await owner.expect(400, owner.get(`${list}?cursor=${next_cursor}`));
      expect(errors).toMatchObject([{ pointer: 'cursor' }]);
    }
  });

  it('is refused for unknown parameters where there is no list either', async () => {
    const { owner, business } = acme;
    await owner.expect(400, owner.get(`${acme.path}?expand=1`));
    await owner.expect(400, owner.get(`${businesses()}/${business.id}?expand=1`));
    await owner.expect(400, owner.patch(`${businesses()}/${business.id}?expand=1`, {}));
    await owner.expect(400, owner.delete(`${businesses()}/${business.id}?hard=true`));
  });
});
