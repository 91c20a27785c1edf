import { newId, publicId } from '@pagekeeper/domain/ids';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract, idsOf } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  // Without a worker a purge that was asked for stays where it is.
  network = await startNetwork({ worker: false });
}, 60_000);

afterAll(() => network?.stop());

beforeEach(async () => {
  acme = await network.tenant('acme');
});

const purge = ({ owner, path, organization }: Tenant, confirm = organization.slug, headers = {}) =>
  owner.post(`${path}/purge`, { confirm }, headers);

describe('a purge', () => {
  it('needs the slug, letter by letter, and an OWNER', async () => {
    for (const wrong of ['', 'no-such', acme.organization.slug.toUpperCase(), acme.organization.id]) {
      const { code, errors } = await acme.owner.expect(400, purge(acme, wrong));
      expect([code, errors[0].pointer, errors[0].code]).toEqual(['invalid_request', '/confirm', 'not_the_slug']);
    }
    const { errors } = await acme.owner.expect(400, acme.owner.post(`${acme.path}/purge`, {}));
    expect(errors[0].pointer).toBe('/confirm');
    for (const persona of [acme.admin, acme.member]) {
      await persona.expect(403, persona.post(`${acme.path}/purge`, { confirm: acme.organization.slug }));
    }
    await acme.owner.expect(200, acme.owner.get(acme.path));
    expect(await network.sql('select id from organization_purges where organization = $1', [acme.uuid])).toEqual([]);
  });

  it('makes the organization gone for everybody at once, and gives its slug free', async () => {
    await acme.owner.expect(202, purge(acme));
    for (const persona of [acme.owner, acme.admin, acme.member]) {
      for (const path of [
        acme.path,
        `${acme.path}?active=any`,
        `${acme.path}/businesses`,
        `${acme.path}/audit-events`,
      ]) {
        await persona.expect(404, persona.get(path));
      }
      const { data } = await persona.expect(200, persona.get('/v1/organizations?active=any'));
      expect(idsOf({ data })).toEqual([]);
    }
    await acme.owner.expect(404, acme.owner.post(`${acme.path}/restore`));
    await acme.owner.expect(404, purge(acme));
    const { slug } = acme.organization;
    const next = await acme.owner.expect(201, acme.owner.post('/v1/organizations', { name: 'Next', slug }));
    expect(next.slug).toBe(slug);
  });

  it('is followed by who asked for it, at the address it answered with, and by nobody else', async () => {
    const asked = await acme.owner.expect(202, purge(acme));
    expect(asked).toEqual({
      id: expect.stringMatching(/^pur_[0-9a-z]{26}$/),
      organization_id: acme.organization.id,
      url: `/v1/purges/${asked.id}`,
      state: 'unsubscribing',
      pages_left: 0,
      rows_erased: 0,
      asked_at: expect.any(String),
      finished_at: null,
    });
    expect(await acme.owner.expect(200, acme.owner.get(asked.url))).toEqual(asked);
    await acme.admin.expect(404, acme.admin.get(asked.url));
    await network.anonymous.expect(401, network.anonymous.get(asked.url));
    for (const unknown of [publicId('purge', newId()), acme.organization.id, 'x']) {
      await acme.owner.expect(404, acme.owner.get(`/v1/purges/${unknown}`));
    }
  });

  it('can be asked for after a deactivation too, by id', async () => {
    await acme.owner.expect(204, acme.owner.delete(acme.path));
    await acme.owner.expect(202, purge(acme));
    await acme.owner.expect(404, acme.owner.get(`${acme.path}?active=any`));
  });

  it('is asked for once with an Idempotency-Key, and answered alike although the organization is gone', async () => {
    const key = { 'Idempotency-Key': 'purge-1' };
    const first = await purge(acme, acme.organization.slug, key);
    const second = await purge(acme, acme.organization.slug, key);
    expect([first.status, second.status, second.text]).toEqual([202, 202, first.text]);
    expect(second.headers['idempotent-replayed']).toBe('true');
    const other = await purge(acme, 'something-else', key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('is asked for once when two owners ask at the same moment, or one restores', async () => {
    await network.sql(`update organization_memberships set role = 'OWNER' where organization_id = $1`, [acme.uuid]);
    const { admin, owner, path } = acme;
    await owner.expect(204, owner.delete(path));
    const confirm = { confirm: acme.organization.slug };
    const answers = await Promise.all([
      purge(acme),
      admin.post(`${path}/purge`, confirm),
      acme.member.post(`${path}/restore`),
    ]);
    const [first, second] = answers.map(({ status }) => status);
    expect([first, second].sort()).toEqual([202, 404]);
    const [organization] = await network.sql('select is_active from organizations where id = $1', [acme.uuid]);
    expect(organization).toEqual({ is_active: false });
  });
});
