import { createHash } from 'node:crypto';
import { parsePublicId } from '@pagekeeper/domain/ids';
import { itWithoutTwins } from '@pagekeeper/testing/network/behind-pgbouncer';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import type { Program, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdAnswersToTheContract, idsOf } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  acme = await network.tenant('acme');
}, 60_000);

afterAll(() => network?.stop());

const keysOf = (tenant: Tenant) => `${tenant.path}/api-keys`;
const opens = (program: Persona, tenant = acme): Promise<number> =>
  program.get(`${tenant.path}/businesses`).then(({ status }) => status);
const shown = async (id: string, query = '?active=any') => {
  const { data } = await acme.owner.expect(200, acme.owner.get(`${keysOf(acme)}${query}`));
  return data.find((key: { id: string }) => key.id === id);
};
const rotate = (key: { id: string }, body?: object, by: Persona = acme.owner): Promise<Answer> =>
  by.post(`${keysOf(acme)}/${key.id}/rotate`, body);

describe('an API key', () => {
  it('is made with a name and a role; its secret is shown once and stored nowhere', async () => {
    const body = { name: 'Nightly export', role: 'ADMIN' };
    const made = await acme.owner.expect(201, acme.owner.post(keysOf(acme), body));
    const { secret, ...rest } = made;
    expect(secret).toMatch(/^pgk_live_[A-Za-z0-9_-]{43}$/);
    expect(rest).toMatchObject({
      ...body,
      id: expect.stringMatching(/^key_/),
      prefix: secret.slice(0, 15),
      scopes: ['read', 'write', 'events', 'members'],
      is_active: true,
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
      replaced_by: null,
      created_by: expect.stringMatching(/^usr_/),
    });
    expect(await shown(made.id, '')).toEqual(rest);
    const [row] = await network.sql(
      'select t::text, encode(secret_hash, $2) as hash from api_keys t where prefix = $1',
      [made.prefix, 'hex'],
    );
    expect(row.t).not.toContain(secret.slice(20));
    expect(row.hash).toBe(createHash('sha256').update(secret).digest('hex'));
    expect(await opens(network.program('export', secret))).toBe(200);
  });

  it('acts in its own name, which the audit log has, and no secret', async () => {
    const program = await acme.program({ role: 'OWNER', name: 'Audited' });
    const { secret } = (await rotate(program.key)).body;
    const successor = network.program('successor', secret);
    const business = await successor.expect(201, successor.post(`${acme.path}/businesses`, { name: 'By a program' }));
    const own = (await shown(program.key.id)).replaced_by;
    await successor.expect(204, successor.delete(`${keysOf(acme)}/${own}`));
    const lines = await network.sql(
      `select action, actor_type, subject_type, t::text from audit_events t where organization_id = $1 order by id desc limit 4`,
      [acme.uuid],
    );
    expect(lines.map(({ action, actor_type }) => [action, actor_type])).toEqual([
      ['api_key.revoked', 'api_key'],
      ['business.created', 'api_key'],
      ['api_key.rotated', 'user'],
      ['api_key.created', 'user'],
    ]);
    expect(business.id).toMatch(/^biz_/);
    for (const text of [...lines.map(line => line.t), ...network.output]) {
      for (const word of [secret, program.key.secret]) expect(text).not.toContain(word);
    }
  });

  it.each([
    ['no role', { name: 'x' }, '/role'],
    ['a role that there is not', { name: 'x', role: 'STAFF' }, '/role'],
    ['no scope', { name: 'x', role: 'MEMBER', scopes: [] }, '/scopes'],
    ['a scope that there is not', { name: 'x', role: 'MEMBER', scopes: ['admin'] }, '/scopes/0'],
    ['a scope twice', { name: 'x', role: 'MEMBER', scopes: ['read', 'read'] }, '/scopes'],
    ['an end in the past', { name: 'x', role: 'MEMBER', expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    ['an end before Christ', { name: 'x', role: 'MEMBER', expires_at: '0000-01-01T00:00:00Z' }, '/expires_at'],
    ['a day that there is not', { name: 'x', role: 'MEMBER', expires_at: '2099-02-30T00:00:00Z' }, '/expires_at'],
    ['a time of no zone', { name: 'x', role: 'MEMBER', expires_at: '2099-01-01T00:00:00' }, '/expires_at'],
    ['a secret of one’s own', { name: 'x', role: 'MEMBER', secret: 'pgk_live_x' }, '/secret'],
  ])('is not made with %s', async (_, body, pointer) => {
    const { errors } = await acme.owner.expect(400, acme.owner.post(keysOf(acme), body));
    expect(errors).toMatchObject([{ pointer }]);
  });

  it('ends by itself, as soon as its end has come', async () => {
    const expires_at = '2099-12-31T23:59:59+02:00';
    const body = { name: 'Until then', role: 'MEMBER', expires_at };
    const { id, secret, ...made } = await acme.owner.expect(201, acme.owner.post(keysOf(acme), body));
    expect(new Date(made.expires_at)).toEqual(new Date(expires_at));
    const program = network.program('until then', secret);
    expect(await opens(program)).toBe(200);
    await network.sql(`update api_keys set expires_at = app.now() where prefix = $1`, [made.prefix]);
    expect(await opens(program)).toBe(401);
    expect(await shown(id, '')).toBeUndefined();
    expect(await shown(id, '?active=false')).toMatchObject({ is_active: false, revoked_at: null });
    expect((await rotate({ id })).status).toBe(404);
  });

  it('is made once for a repeated request, with the same secret in both answers', async () => {
    const send = () =>
      acme.owner.post(keysOf(acme), { name: 'Once', role: 'MEMBER' }, { 'Idempotency-Key': 'one-api-key' });
    const [first, second] = [await send(), await send()];
    expect([first.status, second.status, second.text]).toEqual([201, 201, first.text]);
    const { data } = await acme.owner.expect(200, acme.owner.get(`${keysOf(acme)}?limit=100`));
    expect(data.filter(({ name }: { name: string }) => name === 'Once')).toHaveLength(1);
  });

  it('is one of a hundred at most, so that its rate limit means something', async () => {
    const crowd = await network.tenant('crowd');
    await network.sql(
      `insert into api_keys (organization_id, id, name, prefix, secret_hash, role, scopes)
       select $1, gen_random_uuid(), 'filler', 'pgk_live_filler', sha256(gen_random_uuid()::text::bytea), 'MEMBER', '{read}'
       from generate_series(1, 98)`,
      [crowd.uuid],
    );
    const make = () => crowd.owner.post(keysOf(crowd), { name: 'x', role: 'MEMBER' });
    const answers = await Promise.all(Array.from({ length: 8 }, make));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409, 409, 409, 409]);
    const { id } = answers.find(({ status }) => status === 201)!.body;
    const refused = await crowd.owner.post(`${keysOf(crowd)}/${id}/rotate`);
    expect([refused.status, refused.body.code]).toEqual([409, 'too_many_keys']);
    await crowd.owner.expect(204, crowd.owner.delete(`${keysOf(crowd)}/${id}`));
    await crowd.owner.expect(201, make());
  });
});

describe('nobody makes more of themselves:', () => {
  it.each([
    ['an ADMIN', 'OWNER', () => acme.admin],
    ['an ADMIN key', 'OWNER', () => acme.program({ role: 'ADMIN' })],
  ] as const)('%s makes no %s key, and does not rotate or revoke one', async (_, role, whose) => {
    const by = await whose();
    await by.expect(403, by.post(keysOf(acme), { name: 'Above', role }));
    const above = await acme.program({ role });
    expect((await rotate(above.key, {}, by)).status).toBe(403);
    await by.expect(403, by.delete(`${keysOf(acme)}/${above.key.id}`));
    expect(await opens(above)).toBe(200);
    await by.expect(201, by.post(keysOf(acme), { name: 'Beside', role: 'ADMIN' }));
  });

  it('a key gives no scope on that it lacks', async () => {
    const maker = await acme.program({ role: 'OWNER', scopes: ['members', 'read'] });
    const make = (scopes?: string[]) => maker.post(keysOf(acme), { name: 'Made', role: 'ADMIN', scopes });
    for (const scopes of [['write'], ['members', 'events'], undefined]) expect((await make(scopes)).status).toBe(403);
    const { secret, created_by } = await maker.expect(201, make(['members', 'read']));
    expect(created_by).toBeNull();
    expect(await opens(network.program('made', secret))).toBe(200);
    const wider = await acme.program({ role: 'MEMBER', scopes: ['write'] });
    expect((await rotate(wider.key, {}, maker)).status).toBe(403);
    await maker.expect(204, maker.delete(`${keysOf(acme)}/${wider.key.id}`));
  });
});

describe('a key that ends', () => {
  it('makes and rotates none that ends later', async () => {
    const end = new Date(Date.now() + 3_600_000).toISOString();
    const body = { name: 'For today', role: 'ADMIN', expires_at: end };
    const { secret } = await acme.owner.expect(201, acme.owner.post(keysOf(acme), body));
    const program = network.program('today', secret);
    const make = (expires_at: string | null) => program.post(keysOf(acme), { ...body, expires_at });
    for (const later of [null, '2099-01-01T00:00:00Z']) {
      const { status, body: refused } = await make(later);
      expect([status, refused.code]).toEqual([403, 'forbidden']);
    }
    const made = await program.expect(201, make(end));
    const endless = await acme.owner.expect(201, acme.owner.post(keysOf(acme), { name: 'Endless', role: 'MEMBER' }));
    expect((await rotate(endless, {}, program)).status).toBe(403);
    expect((await rotate(made, {}, program)).status).toBe(201);
  });
});

describe('a rotation', () => {
  it('gives a key of the same kind, beside which the old one goes on for a while', async () => {
    const body = { name: 'Rotated', role: 'ADMIN', scopes: ['read', 'write'], expires_at: '2099-01-01T00:00:00Z' };
    const old = await acme.owner.expect(201, acme.owner.post(keysOf(acme), body));
    const answer = await rotate(old);
    const { id, secret, created_at: _, prefix: __, ...rest } = answer.body;
    expect([answer.status, secret === old.secret, id === old.id]).toEqual([201, false, false]);
    expect(old).toMatchObject({ ...rest, created_by: rest.created_by });
    for (const each of [old.secret, secret]) expect(await opens(network.program('either', each))).toBe(200);
    const { replaced_by, is_active, expires_at } = await shown(old.id);
    expect([replaced_by, is_active]).toEqual([id, true]);
    const minutes = (Date.parse(expires_at) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(55);
    expect(minutes).toBeLessThanOrEqual(60.1);
    await network.sql(`update api_keys set expires_at = app.now() where prefix = $1`, [old.prefix]);
    expect(await opens(network.program('old', old.secret))).toBe(401);
    expect(await opens(network.program('new', secret))).toBe(200);
  });

  it('without an overlap ends the old key at once, and never prolongs it', async () => {
    const program = await acme.program({ role: 'MEMBER' });
    expect((await rotate(program.key, { overlap_seconds: 0 })).status).toBe(201);
    expect(await opens(program)).toBe(401);
    const soon = new Date(Date.now() + 600_000).toISOString();
    const body = { name: 'Soon over', role: 'MEMBER', expires_at: soon };
    const old = await acme.owner.expect(201, acme.owner.post(keysOf(acme), body));
    expect((await rotate(old, { overlap_seconds: 7 * 86_400 })).status).toBe(201);
    expect(Date.parse((await shown(old.id)).expires_at)).toBe(Date.parse(soon));
  });

  it('happens once to a key, however many ask for it', async () => {
    const { key } = await acme.program({ role: 'MEMBER' });
    const answers = await Promise.all(Array.from({ length: 6 }, () => rotate(key)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409)!;
    const made = answers.find(({ status }) => status === 201)!;
    expect([refused.body.code, refused.body.detail]).toEqual(['key_rotated', expect.stringContaining(made.body.id)]);
  });

  it.each([-1, 7 * 86_400 + 1, 1.5, '60', null])('is refused an overlap of %j', async overlap_seconds => {
    const { key } = await acme.program({ role: 'MEMBER' });
    expect((await rotate(key, { overlap_seconds })).status).toBe(400);
    expect((await shown(key.id)).replaced_by).toBeNull();
  });
});

describe('a revoked key', () => {
  it('is refused with the next request on every process, and shown where it is asked for', async () => {
    const other = await network.anotherApi();
    try {
      const program = await acme.program({ role: 'OWNER' });
      const elsewhere = other.program('elsewhere', program.key.secret);
      for (const each of [program, elsewhere, program, elsewhere]) expect(await opens(each)).toBe(200);
      await acme.owner.expect(204, acme.owner.delete(`${keysOf(acme)}/${program.key.id}`));
      for (const each of [elsewhere, program]) expect(await opens(each)).toBe(401);
      for (const each of [elsewhere, program]) {
        expect((await each.post(`${acme.path}/businesses`, { name: 'Too late' })).status).toBe(401);
      }
      expect(await shown(program.key.id, '')).toBeUndefined();
      expect(await shown(program.key.id, '?active=false')).toMatchObject({
        is_active: false,
        revoked_at: expect.any(String),
      });
      await acme.owner.expect(404, acme.owner.delete(`${keysOf(acme)}/${program.key.id}`));
      expect((await rotate(program.key)).status).toBe(404);
      const lines = () => network.output.filter(line => line.includes('an API key was revoked'));
      await expect
        .poll(lines, { timeout: 10_000 })
        .toContainEqual(expect.stringContaining(parsePublicId('api_key', program.key.id)!));
    } finally {
      await other.stop();
    }
  }, 60_000);
});

describe('a key’s last use', () => {
  itWithoutTwins(
    'is written for all keys together, at the latest when the process stops',
    async () => {
      const [used, idle, refused] = [
        await acme.program({ role: 'MEMBER' }),
        await acme.program({ role: 'MEMBER' }),
        await acme.program({ role: 'MEMBER' }),
      ];
      expect(await opens(used)).toBe(200);
      await acme.owner.expect(204, acme.owner.delete(`${keysOf(acme)}/${refused.key.id}`));
      expect(await opens(refused)).toBe(401);
      await network.api.stop();
      await network.startApi();
      const last = async ({ key }: Program) => (await shown(key.id)).last_used_at;
      expect(Date.now() - Date.parse(await last(used))).toBeLessThan(60_000);
      expect([await last(idle), await last(refused)]).toEqual([null, null]);
    },
    60_000,
  );
});

describe('a key of an organization that was deactivated', () => {
  it('finds it gone, as people do, until it is restored', async () => {
    const tenant = await network.tenant('paused');
    const owner = await tenant.program({ role: 'OWNER' });
    const reader = await tenant.program({ role: 'MEMBER', scopes: ['read'] });
    await owner.expect(204, owner.delete(tenant.path));
    for (const program of [owner, reader]) {
      const answer = await program.get(`${tenant.path}/businesses`);
      expect([answer.status, answer.body.detail]).toEqual([404, 'No such organization.']);
      expect((await program.get('/v1/organizations')).body.data).toEqual([]);
      expect(idsOf((await program.get('/v1/organizations?active=any')).body)).toEqual([tenant.organization.id]);
    }
    expect((await reader.post(`${tenant.path}/restore`)).status).toBe(403);
    expect((await owner.post(`/v1/organizations/${tenant.organization.slug}/restore`)).status).toBe(200);
    expect(await opens(reader, tenant)).toBe(200);
  });
});

describe('a secret in the wrong place', () => {
  it('is not sent back and not logged', async () => {
    const { key } = await acme.program({ role: 'OWNER' });
    const places: Answer[] = [
      await acme.owner.get(`/v1/organizations/${key.secret}`),
      await acme.owner.get(`/v1/${key.secret}`),
      await acme.owner.get(`${acme.path}?${key.secret}=1`),
      await acme.owner.post(keysOf(acme), { name: 'x', role: 'MEMBER', [key.secret]: 1 }),
    ];
    for (const { status, text } of places) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(text).not.toContain(key.secret);
    }
    expect(network.output.join('\n')).not.toContain(key.secret);
  });
});
