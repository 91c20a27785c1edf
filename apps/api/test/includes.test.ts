import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;
let rival: Tenant;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  [acme, rival] = await Promise.all([network.tenant('acme'), network.tenant('rival')]);
  await Promise.all([acme.connectPage({ name: 'Acme Page' }), rival.connectPage({ name: 'Rival Page' })]);
  await acme.owner.expect(201, acme.owner.post(`${acme.path}/businesses`, { name: 'Empty' }));
  const closed = await acme.owner.expect(201, acme.owner.post(`${acme.path}/businesses`, { name: 'Closed' }));
  await acme.owner.expect(204, acme.owner.delete(`${acme.path}/businesses/${closed.id}`));
}, 60_000);

afterAll(() => network?.stop());

const organizations = async (query: string, persona = acme.owner) =>
  (await persona.expect(200, persona.get(`/v1/organizations?${query}`))).data as any[];

describe('?include=', () => {
  it('nests businesses, integrations and members of one’s organizations in one answer', async () => {
    const [organization] = await organizations('include=businesses,businesses.integrations,members');
    expect(organization.businesses.map(({ name }: any) => name)).toEqual(['Empty', 'E-commerce Store']);
    const [empty, store] = organization.businesses;
    expect(empty.integrations).toEqual([]);
    expect(store.integrations).toMatchObject([
      { business_id: store.id, facebook_page: { status: 'healthy', page_name: expect.stringContaining('Acme Page') } },
    ]);
    expect(organization.members).toHaveLength(3);
    const alone = await acme.owner.expect(200, acme.owner.get(`${acme.path}/integrations/${store.integrations[0].id}`));
    expect(store.integrations[0]).toEqual(alone);
  });

  it('nests nothing unless told, and what was asked for only', async () => {
    expect(Object.keys((await organizations(''))[0])).not.toContain('businesses');
    const [organization] = await organizations('include=businesses');
    expect(Object.keys(organization)).not.toContain('members');
    expect(Object.keys(organization.businesses[0])).not.toContain('integrations');
  });

  it('shows a rival theirs alone', async () => {
    const text = JSON.stringify(await organizations('include=businesses.integrations,members', rival.owner));
    expect(text).toContain('Rival Page');
    for (const word of ['Acme Page', acme.organization.id, acme.business.id, acme.owner.email]) {
      expect(text).not.toContain(word);
    }
  });

  it('nests integrations in businesses, newest first, a hundred of each at most', async () => {
    const { owner, path } = acme;
    const business = await owner.expect(201, owner.post(`${path}/businesses`, { name: 'Many' }));
    await network.sql(
      `insert into integrations (organization_id, id, business_id, integration_type, name, config)
       select $1, gen_random_uuid(), b.id, 'FACEBOOK_PAGE', 'Page ' || n, '{"auto_reply":false,"webhook_enabled":true}'
       from businesses b, generate_series(1, 130) n where b.organization_id = $1 and b.name = 'Many'`,
      [acme.uuid],
    );
    const { data } = await owner.expect(200, owner.get(`${path}/businesses?include=integrations`));
    const many = data.find(({ id }: any) => id === business.id);
    expect(many.integrations).toHaveLength(100);
    const ids = many.integrations.map(({ id }: any) => id);
    expect(ids).toEqual(ids.toSorted().toReversed());
    const listed = await owner.expect(200, owner.get(`${path}/businesses/${business.id}/integrations?limit=100`));
    expect(many.integrations).toEqual(listed.data);
    expect(data.find(({ name }: any) => name === 'Empty').integrations).toEqual([]);
  });

  it('nests all of some hundreds, and refuses more than 8 MB, which fewer at a time are not', async () => {
    const { owner, path, uuid } = await network.tenant('crowded');
    await network.sql(
      `insert into businesses (organization_id, id, name, slug)
       select $1, gen_random_uuid(), 'Shop ' || n, 'shop-' || n from generate_series(1, 6) n`,
      [uuid],
    );
    await network.sql(
      `insert into integrations (organization_id, id, business_id, integration_type, name, config)
       select $1, gen_random_uuid(), b.id, 'FACEBOOK_PAGE', 'Page ' || n, '{"auto_reply":false,"webhook_enabled":true}'
       from businesses b, generate_series(1, 100) n where b.organization_id = $1 and b.name like 'Shop %'`,
      [uuid],
    );
    const { data } = await owner.expect(200, owner.get(`${path}/businesses?include=integrations`));
    const shops = data.filter(({ name }: any) => name.startsWith('Shop '));
    for (const { integrations } of shops) {
      const ids = integrations.map(({ id }: any) => id);
      expect([new Set(ids).size, ids]).toEqual([100, ids.toSorted().toReversed()]);
    }
    await network.sql(
      `update integrations set config = config || jsonb_build_object('rules', (
         select jsonb_agg(jsonb_build_object('when', '{"contains_any":["x"]}'::jsonb, 'text', repeat('x', 1900)))
         from generate_series(1, 8))) where organization_id = $1`,
      [uuid],
    );
    for (const refused of [
      `${path}/businesses?include=integrations`,
      '/v1/organizations?include=businesses.integrations',
    ]) {
      const { code, errors } = await owner.expect(400, owner.get(refused));
      expect([code, errors[0].pointer, errors[0].code]).toEqual(['invalid_request', 'include', 'too_large']);
    }
    const fewer = await owner.expect(200, owner.get(`${path}/businesses?include=integrations&limit=2`));
    expect(fewer.data.map(({ integrations }: any) => integrations.length)).toContain(100);
  });

  it.each(['secrets', 'members.user', '', 'businesses,'])('is refused with %j', async include => {
    const answer = await acme.owner.get(`/v1/organizations?include=${include}`);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  });
});
