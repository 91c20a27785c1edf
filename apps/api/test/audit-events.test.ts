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

beforeEach(async () => {
  acme = await network.tenant('acme');
});

const read = async (query = '') =>
  await acme.owner.expect(200, acme.owner.get(`${acme.path}/audit-events?limit=100${query}`));

describe('the audit log', () => {
  it('says who did what to which thing, in ids that the API takes, with the request that it came with', async () => {
    const headers = { 'X-Request-Id': 'my-request-1' };
    const { id } = await acme.owner.expect(
      201,
      acme.owner.post(`${acme.path}/businesses`, { name: 'Corner Shop' }, headers),
    );
    const { data } = await read();
    expect(data[0]).toEqual({
      id: expect.stringMatching(/^aud_[0-9a-z]{26}$/),
      actor: { type: 'user', id: expect.stringMatching(/^usr_[0-9a-z]{26}$/) },
      action: 'business.created',
      subject: { type: 'business', id },
      changes: { name: 'Corner Shop', slug: 'corner-shop', description: '' },
      reason: null,
      request_id: 'my-request-1',
      created_at: expect.any(String),
    });
    expect(data.at(-1)).toMatchObject({ action: 'organization.created', subject: { id: acme.organization.id } });
  });

  it('names jobs as what they are, and tells of tokens only that they were set', async () => {
    const { id, page } = await acme.connectPage();
    const { data } = await read();
    expect(data[0]).toMatchObject({
      actor: { type: 'job', id: 'facebook.refresh-login' },
      action: 'integration.status_changed',
      subject: { type: 'integration', id },
      changes: { status: { from: 'unverified', to: 'healthy' } },
    });
    const created = data.find((line: any) => line.action === 'integration.created');
    expect(created.changes).toMatchObject({ business_id: acme.business.id, page_id: page.page_id, tokens: 'set' });
    const text = JSON.stringify(data);
    for (const secret of [page.userToken, page.page_access_token, acme.uuid]) expect(text).not.toContain(secret);
    const byJobs = await read('&actor=facebook.refresh-login');
    expect(idsOf(byJobs)).toEqual([data[0].id]);
  });

  it('is narrowed by actor, action and time', async () => {
    const { admin, owner, path } = acme;
    await owner.expect(201, owner.post(`${path}/businesses`, { name: 'By Owner' }));
    const business = await admin.expect(201, admin.post(`${path}/businesses`, { name: 'By Admin' }));
    await admin.expect(204, admin.delete(`${path}/businesses/${business.id}`));
    const { data } = await read();
    const [deleted, byAdmin, byOwner] = data;
    expect(idsOf(await read(`&actor=${byAdmin.actor.id}`))).toEqual([deleted.id, byAdmin.id]);
    expect(idsOf(await read(`&actor=${byAdmin.actor.id}&action=business.created`))).toEqual([byAdmin.id]);
    expect(idsOf(await read('&action=business.deactivated'))).toEqual([deleted.id]);
    expect(idsOf(await read('&action=no.such'))).toEqual([]);
    expect(idsOf(await read('&actor=no-such-job'))).toEqual([]);
    const since = encodeURIComponent(byAdmin.created_at);
    expect(idsOf(await read(`&since=${since}`))).toEqual([deleted.id, byAdmin.id]);
    expect(idsOf(await read(`&until=${since}`))).toEqual(idsOf({ data: data.slice(2) }));
    expect(idsOf(await read(`&since=${encodeURIComponent(byOwner.created_at)}&until=${since}`))).toEqual([byOwner.id]);
    expect(idsOf(await read('&since=1970-01-01T00:00:00Z'))).toEqual(idsOf({ data }));
    expect(idsOf(await read('&since=9999-01-01T00:00:00Z'))).toEqual([]);
    const odd = ['0000-01-01T00:00:00Z', '2026-01-01T00:00:00%2B16:00', `2026-01-01T00:00:00.${'1'.repeat(130)}Z`];
    const oddOnes = odd.flatMap(moment => [`since=${moment}`, `until=${moment}`]);
    for (const wrong of [
      ...oddOnes,
      'since=yesterday',
      'until=2026-01-01',
      'actor=',
      'actor=usr_x',
      'limit=101',
      'who=me',
    ]) {
      await owner.expect(400, owner.get(`${path}/audit-events?${wrong}`));
    }
  });

  it('comes in pages that new lines do not move', async () => {
    const { owner, path } = acme;
    for (let index = 0; index < 5; index += 1) {
      await owner.expect(201, owner.post(`${path}/businesses`, { name: `Shop ${index}` }));
    }
    const all = idsOf(await read());
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const list: any = await owner.expect(
        200,
        owner.get(`${path}/audit-events?limit=2${cursor && `&cursor=${cursor}`}`),
      );
      seen.push(...idsOf(list));
      cursor = list.next_cursor;
      await owner.expect(201, owner.post(`${path}/businesses`, { name: 'In Between' }));
    }
    expect(seen).toEqual(all);
  });
});
