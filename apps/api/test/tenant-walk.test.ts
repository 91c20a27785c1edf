import { type IdKind, newId, publicId, type Uuid } from '@pagekeeper/domain/ids';
import { addMember } from '@pagekeeper/domain/members/add-member';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import type { Program, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '../src/endpoints.ts';
import type { Endpoint } from '../src/http/endpoint.ts';
import { holdAnswersToTheContract, pathOf, placeholdersOf } from './contract.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;
let rival: Tenant;
let acmeThings: Record<string, string>;
let rivalProgram: Program;

beforeAll(async () => {
  // Without a worker, so that nothing but requests can change a row; two connections for everybody.
  network = await startNetwork({ worker: false, apiEnv: { DATABASE_POOL: '2' } });
  [acme, rival] = await Promise.all([network.tenant('acme'), network.tenant('rival')]);
  const things = await freshThings(acme, ['member', 'invitation', 'key', 'purge']);
  acmeThings = { ...things, integration: (await acme.connectPage()).id };
  rivalProgram = await rival.program({ role: 'OWNER' });
}, 60_000);

afterAll(() => network?.stop());

const page = () => ({
  page_id: String(10 ** 12 + Math.trunc(Math.random() * 10 ** 12)),
  access_token: 'EAAxxxxxxxxxxxx',
  page_access_token: 'EAAyyyyyyyyy',
});

/** A body that each endpoint would take. */
const bodies: Record<string, (things: Record<string, string>) => object> = {
  'patch /v1/me': () => ({ notices: { token_dead: true } }),
  'delete /v1/me': () => ({ password: 'not the password' }),
  'post /v1/organizations': () => ({ name: 'One More' }),
  'patch /v1/organizations/{organization}': () => ({ name: 'Renamed' }),
  'post /v1/organizations/{organization}/transfer-ownership': ({ member }) => ({
    member: member ?? publicId('member', newId()),
  }),
  'patch /v1/organizations/{organization}/members/{member}': () => ({ role: 'MEMBER' }),
  'post /v1/organizations/{organization}/invitations': () => ({ email: `${newId()}@example.com`, role: 'MEMBER' }),
  'post /v1/invitations/accept': () => ({ token: 'x'.repeat(43) }),
  'post /v1/organizations/{organization}/purge': ({ organization = '' }) => ({
    confirm: /^[a-z0-9-]{1,63}$/.test(organization) ? organization : 'some-slug',
  }),
  'post /v1/staff/organizations': () => ({ name: 'For Somebody', owner_email: acme.owner.email }),
  'post /v1/staff/organizations/{organization}/enter': () => ({ reason: 'They asked for help.' }),
  // A key with just the scope that making keys takes may make this one.
  'post /v1/organizations/{organization}/api-keys': () => ({ name: 'Export', role: 'MEMBER', scopes: ['members'] }),
  'post /v1/organizations/{organization}/api-keys/{key}/rotate': () => ({ overlap_seconds: 60 }),
  'post /v1/organizations/{organization}/businesses': () => ({ name: 'Second Store' }),
  'patch /v1/organizations/{organization}/businesses/{business}': () => ({ description: 'Changed.' }),
  'post /v1/organizations/{organization}/businesses/{business}/integrations': () => ({
    integration_type: 'FACEBOOK_PAGE',
    name: 'Main Facebook Page',
    facebook_page: page(),
  }),
  'patch /v1/organizations/{organization}/integrations/{integration}': () => ({ config: { auto_reply: true } }),
  'put /v1/organizations/{organization}/integrations/{integration}/facebook-page': page,
};

/** How a tenant's things can be named in a path. */
const references: Record<string, () => string[]> = {
  organization: () => [acme.organization.id, acme.organization.slug],
  business: () => [acme.business.id, acme.business.slug],
  integration: () => [acmeThings.integration!],
  member: () => [acmeThings.member!],
  invitation: () => [acmeThings.invitation!],
  purge: () => [acmeThings.purge!],
  key: () => [acmeThings.key!],
};

/** Fresh things of a tenant's, so that a call which is allowed spoils nothing for the next. */
const makers: Record<string, (tenant: Tenant) => Promise<string>> = {
  business: async ({ owner, path }) =>
    (await owner.expect(201, owner.post(`${path}/businesses`, { name: 'Short-lived' }))).id,
  integration: async ({ owner, path, business }) => {
    const body = { integration_type: 'FACEBOOK_PAGE', name: 'Page', facebook_page: page() };
    return (await owner.expect(201, owner.post(`${path}/businesses/${business.id}/integrations`, body))).id;
  },
  member: async tenant => {
    const { owner, path } = tenant;
    const person = await network.persona(`walker-${newId()}`).signUp();
    const actor = { type: 'user', userId: owner.userId as Uuid } as const;
    await addMember(network.contextOf(actor), {
      organization: tenant.organization.id,
      user_id: person.userId as Uuid,
      role: 'MEMBER',
    });
    return (await owner.expect(200, owner.get(`${path}/members?limit=1`))).data[0].id;
  },
  // Of another organization of the same owner.
  purge: async ({ owner }) => {
    const { id, slug } = await owner.expect(201, owner.post('/v1/organizations', { name: 'Doomed' }));
    return (await owner.expect(202, owner.post(`/v1/organizations/${id}/purge`, { confirm: slug }))).id;
  },
  invitation: async ({ owner, path }) =>
    (await owner.expect(201, owner.post(`${path}/invitations`, { email: `${newId()}@example.com`, role: 'MEMBER' })))
      .id,
  // A key with just the scope that rotating takes may rotate it.
  key: async tenant => (await tenant.program({ role: 'MEMBER', scopes: ['members'] })).key.id,
};

async function freshThings(tenant: Tenant, names: readonly string[]): Promise<Record<string, string>> {
  const things: Record<string, string> = { organization: tenant.organization.id };
  for (const name of names) things[name] ??= await makers[name]!(tenant);
  return things;
}

/** Well-formed ids of nothing, and what is no id at all. */
const nothings = (kind: string): string[] => [
  publicId(kind as IdKind, newId()),
  publicId(kind as IdKind, newId()).toUpperCase(),
  `${publicId(kind as IdKind, newId())}0`,
  `${publicId(kind as IdKind, newId()).split('_')[0]}_zzzzzzzzzzzzzzzzzzzzzzzzzz`,
  'no-such-thing',
  newId(),
  '\u0000',
  "' or true --",
  '😀',
  'x'.repeat(2_000),
];

/** What must exist before the endpoint can be called. */
const thingsOf = ({ path }: Endpoint): string[] => [
  ...placeholdersOf(path).filter(name => name !== 'organization'),
  ...(path.endsWith('/transfer-ownership') ? ['member'] : []),
];

/** What can be done to a thing once only. */
const happensOnce = ({ method, path }: Endpoint) => method === 'delete' || path.endsWith('/rotate');

const keyOf = ({ method, path }: Endpoint) => `${method} ${path}`;

async function call(persona: Persona, endpoint: Endpoint, values: Record<string, string>): Promise<Answer> {
  const body = endpoint.body && bodyOf(endpoint, values);
  return await persona.send(endpoint.method, pathOf(endpoint.path, values), body ?? undefined);
}

function bodyOf(endpoint: Endpoint, values: Record<string, string>): object {
  const make = bodies[keyOf(endpoint)];
  if (!make) throw new Error(`There is no sample body for ${keyOf(endpoint)}. Add one to this file.`);
  return make(values);
}

/** All of an answer that may be seen, without what differs from request to request. */
function seen({ status, text, headers, body }: Answer): string {
  const { 'x-request-id': requestId, date: _, 'content-length': __, ratelimit: ___, ...rest } = headers;
  const same = text.replaceAll(requestId!, '').replaceAll(JSON.stringify(body.instance), '');
  return JSON.stringify([status, same, rest]);
}

/** One checksum over everything the database holds of a tenant, save when a key was used last: that is written later. */
async function checksumOf(tenant: Tenant): Promise<string> {
  const tables = await network.sql<{ name: string; tenant_column: string }>(
    `select c.oid::regclass::text as name, a.attname as tenant_column
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and a.attname = case when c.relname = 'organizations' then 'id' else 'organization_id' end
     order by c.relname`,
  );
  expect(tables.length).toBeGreaterThan(8);
  const sums = tables.map(
    ({ name, tenant_column }) =>
      `select md5(coalesce(string_agg(row, '|' order by row), '')) as sum from (select (to_jsonb(t) - 'last_used_at')::text as row from ${name} t where ${tenant_column} = $1) rows`,
  );
  const rows = await network.sql<{ sum: string }>(`${sums.join(' union all ')}`, [tenant.uuid]);
  return rows.map(({ sum }) => sum).join(' ');
}

/** A session as a header, for requests that are broken off on the way. */
async function cookieOf({ email }: Persona): Promise<string> {
  const response = await fetch(`${network.apiUrl}/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password: 'pagekeeper-demo' }),
  });
  expect(response.status).toBe(200);
  return response.headers.getSetCookie().join('; ');
}

describe('a rival', () => {
  const withIds = endpoints.filter(({ path }) => placeholdersOf(path).length > 0);
  /** What an unknown thing is answered with. Who is not staff learns nothing but that. */
  const unknownStatus = ({ path }: Endpoint) => (path.startsWith('/v1/staff') ? 403 : 404);

  it.each(withIds.map(endpoint => [keyOf(endpoint), endpoint] as const))(
    'learns nothing and changes nothing with %s',
    async (_, endpoint) => {
      const before = await checksumOf(acme);
      const [outer, ...inner] = placeholdersOf(endpoint.path);
      const combinations = [...outerTried(outer!, inner), ...(inner.length > 0 ? thingsTried(inner) : [])];
      for (const persona of endpoint.caller === 'person' ? [rival.owner] : [rival.owner, rivalProgram]) {
        for (const { unknown, foreign } of combinations) {
          const expected = new Set<string>();
          for (const values of unknown) expected.add(seen(await call(persona, endpoint, values)));
          expect([...expected]).toHaveLength(1);
          expect(JSON.parse([...expected][0]!)[0]).toBe(unknownStatus(endpoint));
          for (const values of foreign) expect(seen(await call(persona, endpoint, values))).toBe([...expected][0]);
        }
      }
      expect(await checksumOf(acme)).toBe(before);
    },
  );

  // acme's organization with all that is in it, beside organizations that do not exist; or what stands alone.
  function outerTried(outer: string, inner: string[]) {
    const innerOf = (index: number) => Object.fromEntries(inner.map(name => [name, referencesOf(name).at(index % 2)!]));
    return [
      {
        unknown: nothings(outer).map((value, index) => ({ [outer]: value, ...innerOf(index) })),
        foreign: referencesOf(outer).map((value, index) => ({ [outer]: value, ...innerOf(index) })),
      },
    ];
  }

  // acme's things under the rival's own organization, beside things that do not exist.
  function thingsTried(inner: string[]) {
    const organization = rival.organization.id;
    return inner.map(name => {
      // The rival has a business of the same slug: only ids can be mistaken.
      const foreign = referencesOf(name).filter(reference => reference.includes('_'));
      return {
        unknown: nothings(name).map(value => ({ organization, [name]: value })),
        foreign: foreign.map(value => ({ organization, [name]: value })),
      };
    });
  }

  function referencesOf(name: string): string[] {
    const make = references[name];
    if (!make) throw new Error(`There is no sample value for {${name}}. Add one to this file.`);
    const made = make();
    return made.length > 1 ? made : [made[0]!, made[0]!];
  }

  it('cannot name a thing by another spelling of its id', async () => {
    // The first letter of a TypeID holds three bits; those beyond must not be dropped.
    const alias = acme.business.id.replace('biz_0', 'biz_8');
    expect(alias).not.toBe(acme.business.id);
    await acme.owner.expect(404, acme.owner.get(`${acme.path}/businesses/${alias}`));
  });

  it('sees its own organizations only in lists', async () => {
    const { data } = await rival.owner.expect(200, rival.owner.get('/v1/organizations?active=any'));
    expect(data.map(({ id }: { id: string }) => id)).not.toContain(acme.organization.id);
    const mine = await rival.owner.expect(200, rival.owner.get(`${rival.path}/integrations?active=any`));
    expect(mine.data).toEqual([]);
    await rival.owner.expect(404, rival.owner.get(`${rival.path}/integrations?business=${acme.business.id}`));
  });

  it('sees with an API key the one organization that the key belongs to', async () => {
    const organizationsOf = async (query: string) => {
      const { data } = await rivalProgram.expect(200, rivalProgram.get(`/v1/organizations${query}`));
      return data.map(({ id, role }: { id: string; role: string }) => [id, role]);
    };
    for (const query of ['', '?active=any', '?role=OWNER,ADMIN', '?owned=false', '?limit=1']) {
      expect(await organizationsOf(query)).toEqual([[rival.organization.id, 'OWNER']]);
    }
    // A person owns an organization; a key does not.
    for (const query of ['?active=false', '?role=MEMBER', '?owned=true'])
      expect(await organizationsOf(query)).toEqual([]);
    const keys = await rivalProgram.expect(200, rivalProgram.get(`${rival.path}/api-keys?active=any`));
    expect(keys.data.map(({ id }: { id: string }) => id)).toEqual([rivalProgram.key.id]);
  });

  it('gets its own rows only, whatever else runs through the same two connections', async () => {
    const acmeProgram = await acme.program({ role: 'MEMBER' });
    const people = [acme.owner, rival.owner, acmeProgram, rivalProgram, acme.member, rival.admin];
    const requests = Array.from({ length: 240 }, async (_, index) => {
      const persona = people[index % people.length]!;
      const own = index % 2 === 0 ? acme : rival;
      const path = index % 3 === 0 ? `${(own === acme ? rival : acme).path}/businesses` : `${own.path}/businesses`;
      const answer = await persona.get(index % 7 === 0 ? `${path}?cursor=broken` : path);
      if (answer.status !== 200) return [404, 400].includes(answer.status);
      return answer.body.data.every((row: { organization_id: string }) => row.organization_id === own.organization.id);
    });
    // People who close the page while their answer is under way.
    const cookie = await cookieOf(acme.owner);
    const aborted = Array.from({ length: 60 }, async (_, index) => {
      const signal = AbortSignal.timeout(1 + (index % 20) * 5);
      await fetch(`${network.apiUrl}${acme.path}/businesses`, { signal, headers: { cookie } }).catch(() => {});
    });
    const [rightful] = await Promise.all([Promise.all(requests), Promise.all(aborted)]);
    expect(rightful.every(Boolean)).toBe(true);
  });
});

/** The table of api.md, "Roles", for the endpoints there are: who may. Empty where no organization is entered. */
const mayDo: Record<string, string> = {
  'get /v1/me': 'everybody',
  'patch /v1/me': 'everybody',
  'delete /v1/me': 'everybody',
  'get /v1/organizations': 'everybody',
  'post /v1/organizations': 'everybody',
  'get /v1/organizations/{organization}': 'OWNER ADMIN MEMBER',
  'patch /v1/organizations/{organization}': 'OWNER ADMIN',
  'delete /v1/organizations/{organization}': 'OWNER',
  'post /v1/organizations/{organization}/restore': 'OWNER',
  'post /v1/organizations/{organization}/purge': 'OWNER',
  // Who asked for it; to everybody else it is unknown.
  'get /v1/purges/{purge}': 'OWNER',
  'get /v1/organizations/{organization}/audit-events': 'OWNER ADMIN',
  'get /v1/staff/organizations': 'nobody',
  'post /v1/staff/organizations': 'nobody',
  'post /v1/staff/organizations/{organization}/enter': 'nobody',
  'get /v1/staff/users': 'nobody',
  'post /v1/organizations/{organization}/transfer-ownership': 'OWNER',
  'get /v1/organizations/{organization}/members': 'OWNER ADMIN MEMBER',
  'patch /v1/organizations/{organization}/members/{member}': 'OWNER ADMIN',
  'delete /v1/organizations/{organization}/members/{member}': 'OWNER ADMIN',
  'get /v1/organizations/{organization}/invitations': 'OWNER ADMIN',
  'post /v1/organizations/{organization}/invitations': 'OWNER ADMIN',
  'post /v1/organizations/{organization}/invitations/{invitation}/resend': 'OWNER ADMIN',
  'delete /v1/organizations/{organization}/invitations/{invitation}': 'OWNER ADMIN',
  'post /v1/invitations/accept': 'whoever holds a token',
  'get /v1/organizations/{organization}/api-keys': 'OWNER ADMIN',
  'post /v1/organizations/{organization}/api-keys': 'OWNER ADMIN',
  'post /v1/organizations/{organization}/api-keys/{key}/rotate': 'OWNER ADMIN',
  'delete /v1/organizations/{organization}/api-keys/{key}': 'OWNER ADMIN',
  'get /v1/organizations/{organization}/businesses': 'OWNER ADMIN MEMBER',
  'post /v1/organizations/{organization}/businesses': 'OWNER ADMIN',
  'get /v1/organizations/{organization}/businesses/{business}': 'OWNER ADMIN MEMBER',
  'patch /v1/organizations/{organization}/businesses/{business}': 'OWNER ADMIN',
  'delete /v1/organizations/{organization}/businesses/{business}': 'OWNER ADMIN',
  'post /v1/organizations/{organization}/businesses/{business}/restore': 'OWNER ADMIN',
  'get /v1/organizations/{organization}/integrations': 'OWNER ADMIN MEMBER',
  'get /v1/organizations/{organization}/businesses/{business}/integrations': 'OWNER ADMIN MEMBER',
  'post /v1/organizations/{organization}/businesses/{business}/integrations': 'OWNER ADMIN',
  'get /v1/organizations/{organization}/integrations/{integration}': 'OWNER ADMIN MEMBER',
  'patch /v1/organizations/{organization}/integrations/{integration}': 'OWNER ADMIN',
  'delete /v1/organizations/{organization}/integrations/{integration}': 'OWNER ADMIN',
  'post /v1/organizations/{organization}/integrations/{integration}/restore': 'OWNER ADMIN',
  'put /v1/organizations/{organization}/integrations/{integration}/facebook-page': 'OWNER ADMIN',
  'get /v1/organizations/{organization}/integrations/{integration}/health': 'OWNER ADMIN MEMBER',
  'post /v1/organizations/{organization}/integrations/{integration}/refresh': 'OWNER ADMIN',
};

describe('the roles', () => {
  let gamma: Tenant;

  beforeAll(async () => {
    gamma = await network.tenant('gamma');
  });

  it('are decided for every endpoint there is, and for no other', () => {
    expect(Object.keys(mayDo).sort()).toEqual(endpoints.map(keyOf).sort());
  });

  // Leaving for good is the person's own, and would end this test early: me.test.ts.
  const lasting = endpoints.filter(endpoint => keyOf(endpoint) !== 'delete /v1/me');

  it.each(lasting.map(endpoint => [keyOf(endpoint), endpoint] as const))('may or may not %s', async (key, endpoint) => {
    const names = thingsOf(endpoint);
    const home = key.endsWith('/purge') ? await network.tenant('doomed') : gamma;
    const things = await freshThings(home, names);
    // What a purge is confirmed with.
    if (home !== gamma) things.organization = home.organization.slug;
    expect((await call(network.anonymous, endpoint, things)).status).toBe(401);
    const before = await checksumOf(home);
    const roles = { MEMBER: home.member, ADMIN: home.admin, OWNER: home.owner };
    const refusal = names.includes('purge') ? [404, 'not_found'] : [403, 'forbidden'];
    for (const [role, persona] of Object.entries(roles)) {
      const may = mayDo[key] === 'everybody' || mayDo[key]!.split(' ').includes(role);
      const values = may && happensOnce(endpoint) ? await freshThings(home, names) : things;
      const answer = await call(persona, endpoint, values);
      if (mayDo[key] === 'whoever holds a token') {
        expect(answer.status).toBe(404);
        continue;
      }
      if (may) expect(Object.keys(endpoint.responses)).toContain(String(answer.status));
      else expect([role, answer.status, answer.body.code]).toEqual([role, ...refusal]);
      if (!may) expect(await checksumOf(home)).toBe(before);
    }
    if (home === gamma) await gamma.owner.expect(200, gamma.owner.post(`${gamma.path}/restore`));
  });

  it('end with the membership: who was removed a moment ago finds nothing', async () => {
    const { member, path } = gamma;
    await member.expect(200, member.get(path));
    await network.sql(
      'update organization_memberships set is_active = false where organization_id = $1 and user_id = $2',
      [gamma.uuid, member.userId],
    );
    await member.expect(404, member.get(path));
    await member.expect(404, member.get(`${path}/businesses/${gamma.business.id}`));
    const { data } = await member.expect(200, member.get('/v1/organizations?active=any'));
    expect(data.map(({ id }: { id: string }) => id)).not.toContain(gamma.organization.id);
  });

  it('change with the membership: who was made a member a moment ago may not write', async () => {
    const { admin, path } = gamma;
    await admin.expect(201, admin.post(`${path}/businesses`, { name: 'Before' }));
    await network.sql(
      `update organization_memberships set role = 'MEMBER' where organization_id = $1 and user_id = $2`,
      [gamma.uuid, admin.userId],
    );
    await admin.expect(403, admin.post(`${path}/businesses`, { name: 'After' }));
  });
});

const allScopes = ['read', 'write', 'events', 'members'] as const;
type Scope = (typeof allScopes)[number];

/** What a key needs beside its role, where it is not `read` for a GET and `write` for the others. */
const neededScopes: Record<string, Scope> = {
  'get /v1/organizations/{organization}/audit-events': 'members',
  'post /v1/organizations/{organization}/transfer-ownership': 'members',
  'patch /v1/organizations/{organization}/members/{member}': 'members',
  'delete /v1/organizations/{organization}/members/{member}': 'members',
  'get /v1/organizations/{organization}/invitations': 'members',
  'post /v1/organizations/{organization}/invitations': 'members',
  'post /v1/organizations/{organization}/invitations/{invitation}/resend': 'members',
  'delete /v1/organizations/{organization}/invitations/{invitation}': 'members',
  'get /v1/organizations/{organization}/api-keys': 'members',
  'post /v1/organizations/{organization}/api-keys': 'members',
  'post /v1/organizations/{organization}/api-keys/{key}/rotate': 'members',
  'delete /v1/organizations/{organization}/api-keys/{key}': 'members',
};

/** Who asks who they are needs none. */
const needsNoScope = (key: string) => key === 'get /v1/me';

const scopeOf = (key: string): Scope => neededScopes[key] ?? (key.startsWith('get ') ? 'read' : 'write');

describe('an API key', () => {
  let delta: Tenant;
  /** By role with all scopes; and OWNER keys by the scopes that they have. */
  const byRole: Record<string, Program> = {};
  const byScopes: Record<string, Program> = {};
  const without = (scope: Scope) => allScopes.filter(other => other !== scope);

  beforeAll(async () => {
    delta = await network.tenant('delta');
    for (const role of ['MEMBER', 'ADMIN', 'OWNER'] as const) byRole[role] = await delta.program({ role });
    for (const scope of allScopes) {
      for (const scopes of [[scope], without(scope)]) {
        byScopes[scopes.join()] = await delta.program({ role: 'OWNER', scopes });
      }
    }
  }, 60_000);

  it.each(endpoints.map(endpoint => [keyOf(endpoint), endpoint] as const))(
    'may or may not %s, by its role and its scopes',
    async (key, endpoint) => {
      const scope = scopeOf(key);
      const tried = [
        ...Object.entries(byRole).map(([role, program]) => ({ program, may: mayDo[key]!.includes(role) })),
        { program: byScopes[scope]!, may: true },
        ...allScopes.filter(other => other !== scope).map(other => ({ program: byScopes[other]!, may: false })),
        { program: byScopes[without(scope).join()]!, may: false },
      ];
      // Organizations are made by people; their list is one that every role may see.
      const isAllowed = ({ program, may }: (typeof tried)[number]) =>
        endpoint.caller === 'anyone' &&
        (may || needsNoScope(key) || (mayDo[key] === 'everybody' && program.key.scopes.includes(scope)));
      const names = thingsOf(endpoint);
      const things = await freshThings(delta, names);
      const before = await checksumOf(delta);
      for (const { program } of tried.filter(each => !isAllowed(each))) {
        const answer = await call(program, endpoint, things);
        expect([program.key.role, program.key.scopes, answer.status, answer.body.code]).toEqual([
          program.key.role,
          program.key.scopes,
          403,
          'forbidden',
        ]);
      }
      expect(await checksumOf(delta)).toBe(before);
      for (const { program } of tried.filter(isAllowed)) {
        const values = happensOnce(endpoint) ? await freshThings(delta, names) : things;
        const { status, text } = await call(program, endpoint, values);
        expect(Object.keys(endpoint.responses), `${program.key.scopes} ${text}`).toContain(String(status));
        await delta.owner.expect(200, delta.owner.post(`${delta.path}/restore`));
      }
    },
  );
});

describe('what is no valid key', () => {
  const invalid: Record<string, Record<string, string>> = {};
  let secret: string;

  beforeAll(async () => {
    const { owner, path } = acme;
    const revoked = await acme.program({ role: 'OWNER' });
    await owner.expect(204, owner.delete(`${path}/api-keys/${revoked.key.id}`));
    const expired = await acme.program({ role: 'OWNER' });
    await network.sql(`update api_keys set expires_at = app.now() where prefix = $1`, [expired.key.prefix]);
    const rotated = await acme.program({ role: 'OWNER' });
    const successor = await owner.expect(
      201,
      owner.post(`${path}/api-keys/${rotated.key.id}/rotate`, { overlap_seconds: 0 }),
    );
    secret = successor.secret;
    const bearer = (text: string) => ({ Authorization: `Bearer ${text}` });
    Object.assign(invalid, {
      'a revoked key': bearer(revoked.key.secret),
      'an expired key': bearer(expired.key.secret),
      'a rotated-out key': bearer(rotated.key.secret),
      'a key that nobody has': bearer(`pgk_live_${'A'.repeat(43)}`),
      'a key without its last letter': bearer(secret.slice(0, -1)),
      'a key with one letter more': bearer(`${secret}A`),
      'a key in capitals': bearer(secret.toUpperCase()),
      'the id of a key': bearer(successor.id),
      'no key': { Authorization: 'Bearer' },
      'an empty header': { Authorization: '' },
      'no scheme': { Authorization: secret },
      'another scheme': { Authorization: `Basic ${Buffer.from(`:${secret}`).toString('base64')}` },
      'two keys': bearer(`${secret}, Bearer ${secret}`),
      'a key of a Facebook page': bearer('EAAxxxxxxxxxxxxxxxxxxxxxxxxxx'),
      'a key in a cookie': { Cookie: `pagekeeper.session_token=${secret}; api_key=${secret}` },
      'a key in other headers': { 'X-Api-Key': secret, 'Proxy-Authorization': `Bearer ${secret}` },
    });
  });

  it.each(endpoints.map(endpoint => [keyOf(endpoint), endpoint] as const))('opens nothing: %s', async (_, endpoint) => {
    const values = Object.fromEntries(placeholdersOf(endpoint.path).map(name => [name, references[name]!()[0]!]));
    const path = pathOf(endpoint.path, values);
    const before = await checksumOf(acme);
    const body = endpoint.body ? bodyOf(endpoint, values) : undefined;
    for (const [what, headers] of Object.entries(invalid)) {
      const answer = await network.anonymous.send(endpoint.method, path, body, headers);
      expect([what, answer.status, answer.body.code]).toEqual([what, 401, 'unauthenticated']);
      // A session beside it does not help: whoever shows a key is asked for a good one.
      if (!headers.Authorization) continue;
      const beside = await acme.owner.send(endpoint.method, path, body, headers);
      expect([what, beside.status]).toEqual([what, 401]);
    }
    for (const name of ['api_key', 'access_token', 'authorization']) {
      const answer = await network.anonymous.send(endpoint.method, `${path}?${name}=${secret}`, body);
      expect([name, answer.status, answer.body.code]).toEqual([name, 401, 'unauthenticated']);
      expect(answer.text).not.toContain(secret);
    }
    expect(await checksumOf(acme)).toBe(before);
  });

  it('is not made up for by a session, and a valid key beside a session is what counts', async () => {
    const key = { Authorization: `Bearer ${rivalProgram.key.secret}` };
    await acme.owner.expect(404, acme.owner.get(acme.path, key));
    const { data } = await acme.owner.expect(200, acme.owner.get('/v1/organizations', key));
    expect(data.map(({ id }: { id: string }) => id)).toEqual([rival.organization.id]);
    // No page of another site can send it, so that it needs no Origin.
    const origin = { Origin: 'https://evil.example' };
    await acme.owner.expect(
      201,
      acme.owner.post(`${rival.path}/businesses`, { name: 'By key' }, { ...key, ...origin }),
    );
    await acme.owner.expect(404, acme.owner.post(`${acme.path}/businesses`, { name: 'By key' }, { ...key, ...origin }));
  });
});
