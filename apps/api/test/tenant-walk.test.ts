import { type IdKind, newId, publicId } from '@pagekeeper/domain/ids';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import type { Program, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '../src/endpoints.ts';
import type { Endpoint } from '../src/http/endpoint.ts';
import { holdAnswersToTheContract, pathOf, placeholdersOf } from './contract.ts';
import { bodyOf, call, checksumOf, freshThings, joinAs, keyOf } from './walk.ts';

holdAnswersToTheContract();

let network: Network;
let acme: Tenant;
let rival: Tenant;
let acmeThings: Record<string, string>;
let rivalProgram: Program;
/** Was an OWNER of acme, a moment ago. */
let former: Persona;

beforeAll(async () => {
  // Without a worker, so that nothing but requests can change a row; two connections for everybody.
  network = await startNetwork({ worker: false, apiEnv: { DATABASE_POOL: '2' } });
  [acme, rival] = await Promise.all([network.tenant('acme'), network.tenant('rival')]);
  const things = await freshThings(network, acme, [
    'member',
    'invitation',
    'key',
    'event',
    'reply',
    'connection',
    'purge',
  ]);
  acmeThings = { ...things, integration: (await acme.connectPage()).id };
  rivalProgram = await rival.program({ role: 'OWNER' });
  former = await network.persona('former').signUp();
}, 60_000);

afterAll(() => network?.stop());

/** How a tenant's things can be named in a path. */
const references: Record<string, () => string[]> = {
  organization: () => [acme.organization.id, acme.organization.slug],
  business: () => [acme.business.id, acme.business.slug],
  integration: () => [acmeThings.integration!],
  connection: () => [acmeThings.connection!],
  member: () => [acmeThings.member!],
  invitation: () => [acmeThings.invitation!],
  key: () => [acmeThings.key!],
  event: () => [acmeThings.event!],
  reply: () => [acmeThings.reply!],
  purge: () => [acmeThings.purge!],
  // Who is not staff is told nothing of any job.
  job: () => ['1'],
};

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

/** All of an answer that may be seen, without what differs from request to request. */
function seen({ status, text, headers, body }: Answer): string {
  const { 'x-request-id': requestId, date: _, 'content-length': __, ratelimit: ___, ...rest } = headers;
  const same = text.replaceAll(requestId!, '').replaceAll(JSON.stringify(body.instance), '');
  return JSON.stringify([status, same, rest]);
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

describe('a rival, and who was removed a moment ago,', () => {
  const withIds = endpoints.filter(({ path }) => placeholdersOf(path).length > 0);
  /** What an unknown thing is answered with. Who is not staff learns nothing but that. */
  const unknownStatus = ({ path }: Endpoint) => (path.startsWith('/v1/staff') ? 403 : 404);

  it.each(withIds.map(endpoint => [keyOf(endpoint), endpoint] as const))(
    'learns nothing and changes nothing with %s',
    async (_, endpoint) => {
      await comeAndGo();
      const before = await checksumOf(network, acme);
      const [outer, ...inner] = placeholdersOf(endpoint.path);
      const outers = outerTried(outer!, inner);
      const combinations = [...outers, ...(inner.length > 0 ? thingsTried(inner) : [])];
      for (const persona of [rival.owner, former, ...(endpoint.caller === 'person' ? [] : [rivalProgram])]) {
        for (const { unknown, foreign } of persona === former ? outers : combinations) {
          const expected = new Set<string>();
          for (const values of unknown) expected.add(seen(await call(persona, endpoint, values)));
          const [answer] = expected;
          expect([...expected]).toEqual([answer]);
          expect(JSON.parse(answer!)[0]).toBe(unknownStatus(endpoint));
          for (const values of foreign) expect(seen(await call(persona, endpoint, values))).toBe(answer);
        }
      }
      expect(await checksumOf(network, acme)).toBe(before);
    },
  );

  /** Makes `former` an OWNER whose session is let in, and takes them out. */
  async function comeAndGo(): Promise<void> {
    const { owner, path } = acme;
    await joinAs(network, acme, former, 'OWNER');
    await former.expect(200, former.get(`${path}/businesses/${acme.business.id}`));
    const { data } = await owner.expect(200, owner.get(`${path}/members?role=OWNER`));
    const { id } = data.find((member: { email: string }) => member.email === former.email);
    await owner.expect(204, owner.delete(`${path}/members/${id}`));
  }

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
    const left = await former.expect(200, former.get('/v1/organizations?active=any'));
    expect(left.data).toEqual([]);
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
    const isRightful = async (index: number) => {
      const persona = people[index % people.length]!;
      const own = index % 2 === 0 ? acme : rival;
      const path = index % 3 === 0 ? `${(own === acme ? rival : acme).path}/businesses` : `${own.path}/businesses`;
      const answer = await persona.get(index % 7 === 0 ? `${path}?cursor=broken` : path);
      if (answer.status !== 200) return [404, 400].includes(answer.status);
      return answer.body.data.every((row: { organization_id: string }) => row.organization_id === own.organization.id);
    };
    // People who close the page while their answer is under way.
    const cookie = await cookieOf(acme.owner);
    const abort = async (index: number) => {
      const signal = AbortSignal.timeout(1 + (index % 20) * 5);
      await fetch(`${network.apiUrl}${acme.path}/businesses`, { signal, headers: { cookie } }).catch(() => {});
      return true;
    };
    // A few at a time: nobody waits so long for a connection that the answer is a 503.
    for (let wave = 0; wave < 300; wave += 50) {
      const requests = Array.from({ length: 50 }, (_, index) => (index < 40 ? isRightful : abort)(wave + index));
      expect((await Promise.all(requests)).every(Boolean)).toBe(true);
    }
  });
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
    const before = await checksumOf(network, acme);
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
    expect(await checksumOf(network, acme)).toBe(before);
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
