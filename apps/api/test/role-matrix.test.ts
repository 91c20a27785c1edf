import { type Permission, permissions } from '@pagekeeper/domain/access/authorize';
import { newId } from '@pagekeeper/domain/ids';
import { type Scope, scopes } from '@pagekeeper/domain/tenancy/tenant-tx';
import { type Network, startNetwork } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import type { Program, Tenant } from '@pagekeeper/testing/network/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '../src/endpoints.ts';
import type { Endpoint } from '../src/http/endpoint.ts';
import { holdAnswersToTheContract } from './contract.ts';
import { call, checksumOf, freshThings, happensOnce, joinAs, keyOf, thingsOf } from './walk.ts';

holdAnswersToTheContract();

/** Who may call what: each endpoint with everybody there is. */

/** What the contract says that each endpoint asks for. One that is missing here fails. */
const needed: Record<string, Permission> = {
  'get /v1/me': 'self.read',
  'patch /v1/me': 'self.read',
  'delete /v1/me': 'self.read',
  'get /v1/organizations': 'organization.read',
  'post /v1/organizations': 'organization.create',
  'get /v1/organizations/{organization}': 'organization.read',
  'patch /v1/organizations/{organization}': 'organization.update',
  'delete /v1/organizations/{organization}': 'organization.deactivate',
  'post /v1/organizations/{organization}/restore': 'organization.restore',
  'post /v1/organizations/{organization}/transfer-ownership': 'organization.transfer',
  'post /v1/organizations/{organization}/purge': 'organization.purge',
  'get /v1/purges/{purge}': 'self.read',
  'get /v1/organizations/{organization}/audit-events': 'audit.read',
  'get /v1/staff/organizations': 'organization.enter',
  'post /v1/staff/organizations': 'organization.enter',
  'post /v1/staff/organizations/{organization}/enter': 'organization.enter',
  'get /v1/staff/users': 'organization.enter',
  'get /v1/staff/system': 'organization.enter',
  'get /v1/staff/jobs': 'organization.enter',
  'post /v1/staff/jobs/{job}/retry': 'organization.enter',
  'get /v1/organizations/{organization}/members': 'member.read',
  'patch /v1/organizations/{organization}/members/{member}': 'member.write',
  'delete /v1/organizations/{organization}/members/{member}': 'member.write',
  'get /v1/organizations/{organization}/invitations': 'invitation.read',
  'post /v1/organizations/{organization}/invitations': 'invitation.write',
  'post /v1/organizations/{organization}/invitations/{invitation}/resend': 'invitation.write',
  'delete /v1/organizations/{organization}/invitations/{invitation}': 'invitation.write',
  'post /v1/invitations/accept': 'self.read',
  'get /v1/organizations/{organization}/api-keys': 'api_key.read',
  'post /v1/organizations/{organization}/api-keys': 'api_key.write',
  'post /v1/organizations/{organization}/api-keys/{key}/rotate': 'api_key.write',
  'delete /v1/organizations/{organization}/api-keys/{key}': 'api_key.write',
  'get /v1/organizations/{organization}/businesses': 'business.read',
  'post /v1/organizations/{organization}/businesses': 'business.write',
  'get /v1/organizations/{organization}/businesses/{business}': 'business.read',
  'patch /v1/organizations/{organization}/businesses/{business}': 'business.write',
  'delete /v1/organizations/{organization}/businesses/{business}': 'business.write',
  'post /v1/organizations/{organization}/businesses/{business}/restore': 'business.write',
  'get /v1/organizations/{organization}/integrations': 'integration.read',
  'get /v1/organizations/{organization}/businesses/{business}/integrations': 'integration.read',
  'post /v1/organizations/{organization}/businesses/{business}/integrations': 'integration.write',
  'get /v1/organizations/{organization}/integrations/{integration}': 'integration.read',
  'patch /v1/organizations/{organization}/integrations/{integration}': 'integration.write',
  'delete /v1/organizations/{organization}/integrations/{integration}': 'integration.write',
  'post /v1/organizations/{organization}/integrations/{integration}/restore': 'integration.write',
  'put /v1/organizations/{organization}/integrations/{integration}/facebook-page': 'integration.write',
  'get /v1/organizations/{organization}/integrations/{integration}/health': 'integration.read',
  'get /v1/organizations/{organization}/integrations/{integration}/status-changes': 'integration.read',
  'post /v1/organizations/{organization}/integrations/{integration}/refresh': 'integration.refresh',
  'post /v1/organizations/{organization}/integrations/{integration}/reply-preview': 'event.read',
  'get /v1/organizations/{organization}/overview': 'organization.read',
  'get /v1/organizations/{organization}/events': 'event.read',
  'get /v1/organizations/{organization}/events/stream': 'event.read',
  'get /v1/organizations/{organization}/events/{event}': 'event.read',
  'post /v1/organizations/{organization}/events/{event}/replay': 'event.replay',
  'post /v1/organizations/{organization}/events/replay': 'event.replay',
  'get /v1/organizations/{organization}/replies': 'reply.read',
  'get /v1/organizations/{organization}/replies/{reply}': 'reply.read',
  'post /v1/organizations/{organization}/businesses/{business}/facebook/connections': 'connection.write',
  'get /v1/organizations/{organization}/facebook/connections/{connection}': 'connection.read',
  'post /v1/organizations/{organization}/facebook/connections/{connection}/pages': 'connection.write',
};

/** The contract's table of roles, and the scope that a key needs beside its role. */
const promised = `
organization.create      OWNER STAFF               write
organization.read        OWNER ADMIN MEMBER STAFF  read
organization.update      OWNER ADMIN               write
organization.deactivate  OWNER                     write
organization.restore     OWNER                     write
organization.transfer    OWNER                     members
organization.purge       OWNER                     write
organization.export      OWNER                     members
person.erase             OWNER ADMIN               write
organization.enter       STAFF                     read
self.read                OWNER ADMIN MEMBER        none
member.read              OWNER ADMIN MEMBER STAFF  read
member.write             OWNER ADMIN               members
member.leave             OWNER ADMIN MEMBER        members
invitation.read          OWNER ADMIN               members
invitation.write         OWNER ADMIN               members
api_key.read             OWNER ADMIN               members
api_key.write            OWNER ADMIN               members
audit.read               OWNER ADMIN               members
business.read            OWNER ADMIN MEMBER STAFF  read
business.write           OWNER ADMIN STAFF         write
integration.read         OWNER ADMIN MEMBER STAFF  read
integration.write        OWNER ADMIN STAFF         write
connection.read          OWNER ADMIN STAFF         read
connection.write         OWNER ADMIN STAFF         write
integration.refresh      OWNER ADMIN STAFF         write
event.read               OWNER ADMIN MEMBER STAFF  read
event.replay             OWNER ADMIN STAFF         events
reply.read               OWNER ADMIN MEMBER STAFF  read`;

/** What these samples end with instead of a success, once they were let in. */
const endsWith: Record<string, string> = {
  'post /v1/invitations/accept': 'not_found',
  'delete /v1/me': 'wrong_password',
};

let network: Network;
let acme: Tenant;
const people: Record<string, Persona> = {};
const programs: Program[] = [];
let foreignProgram: Program;

beforeAll(async () => {
  network = await startNetwork({ worker: false });
  const rival = await network.tenant('rival');
  acme = await network.tenant('acme');
  const staff = await network.persona('staff').signUp();
  await network.sql('update auth.users set is_staff = true where id = $1', [staff.userId]);
  await network.sql(
    `insert into staff_entries (organization_id, id, user_id, reason, expires_at)
     values ($1, $2, $3, 'They asked us to look.', now() + interval '1 hour')`,
    [acme.uuid, newId(), staff.userId],
  );
  Object.assign(people, { OWNER: acme.owner, ADMIN: acme.admin, MEMBER: acme.member, STAFF: staff });
  people.outsider = rival.owner;
  people.anonymous = network.anonymous;
  for (const role of ['MEMBER', 'ADMIN', 'OWNER'] as const) programs.push(await acme.program({ role }));
  for (const scope of scopes) {
    programs.push(await acme.program({ role: 'OWNER', scopes: [scope] }));
    programs.push(await acme.program({ role: 'OWNER', scopes: scopes.filter(other => other !== scope) }));
  }
  foreignProgram = await rival.program({ role: 'OWNER' });
}, 60_000);

afterAll(() => network?.stop());

type Verdict = 'may' | 'forbidden' | 'unauthenticated' | 'not_found';

/** What a person is told. Outside of an organization everybody who is signed in acts for themself. */
function verdictFor(who: string, { path, permission }: Endpoint): Verdict {
  if (who === 'anonymous') return 'unauthenticated';
  if (path.startsWith('/v1/staff/')) return who === 'STAFF' ? 'may' : 'forbidden';
  // Who asked for it.
  if (path === '/v1/purges/{purge}') return who === 'OWNER' ? 'may' : 'not_found';
  if (!path.includes('{organization}')) return 'may';
  if (who === 'outsider') return 'not_found';
  const roles: readonly string[] = permissions[permission].roles;
  return roles.includes(who) ? 'may' : 'forbidden';
}

function verdictForKey({ key }: Program, endpoint: Endpoint): Verdict {
  const rule = permissions[endpoint.permission];
  const roles: readonly string[] = rule.roles;
  const hasScope = rule.scope === null || (key.scopes as Scope[]).includes(rule.scope);
  return endpoint.caller === 'anyone' && roles.includes(key.role) && hasScope ? 'may' : 'forbidden';
}

function cellsOf(endpoint: Endpoint): { who: string; persona: Persona; verdict: Verdict }[] {
  const isForeign = endpoint.caller === 'anyone' && endpoint.path.includes('{organization}');
  return [
    ...Object.entries(people).map(([who, persona]) => ({ who, persona, verdict: verdictFor(who, endpoint) })),
    ...programs.map(program => ({
      who: `a key of ${program.key.role}, ${program.key.scopes}`,
      persona: program,
      verdict: verdictForKey(program, endpoint),
    })),
    {
      who: 'a key of another organization',
      persona: foreignProgram,
      verdict: isForeign ? 'not_found' : verdictForKey(foreignProgram, endpoint),
    },
  ];
}

/** Success, as the endpoint declares it, or what the sample ends with. */
function expectLetIn(endpoint: Endpoint, who: string, { status, text, body }: Answer): void {
  const told = `${keyOf(endpoint)} by ${who}: ${status} ${text}`;
  const end = endsWith[keyOf(endpoint)];
  if (end) expect(body.code, told).toBe(end);
  else expect(Object.keys(endpoint.responses), told).toContain(String(status));
}

/** The slug of an organization that may end. */
async function doomed(): Promise<string> {
  return (await acme.owner.expect(201, acme.owner.post('/v1/organizations', { name: 'Doomed' }))).slug;
}

describe('the roles', () => {
  it('are asked for by each endpoint as the contract says', () => {
    expect(Object.fromEntries(endpoints.map(endpoint => [keyOf(endpoint), endpoint.permission]))).toEqual(needed);
  });

  it('may what the contract says', () => {
    const lines = Object.entries(permissions).map(([name, { roles, scope }]) => [name, ...roles, scope ?? 'none']);
    const words = promised.trim().split('\n');
    expect(lines).toEqual(words.map(line => line.split(/ +/)));
  });

  it.each(endpoints.map(endpoint => [keyOf(endpoint), endpoint] as const))('may or may not %s', async (_, endpoint) => {
    const names = thingsOf(endpoint);
    const things = await freshThings(network, acme, names);
    const cells = cellsOf(endpoint);
    const before = await checksumOf(network, acme);
    for (const { who, persona, verdict } of cells.filter(cell => cell.verdict !== 'may')) {
      const { body } = await call(persona, endpoint, things);
      expect([who, body.code]).toEqual([who, verdict]);
    }
    expect(await checksumOf(network, acme)).toBe(before);
    for (const { who, persona } of cells.filter(cell => cell.verdict === 'may')) {
      const values = happensOnce(endpoint) ? await freshThings(network, acme, names) : things;
      if (endpoint.path.endsWith('/purge')) values.organization = await doomed();
      expectLetIn(endpoint, who, await call(persona, endpoint, values));
      if (endpoint.method === 'delete') await acme.owner.expect(200, acme.owner.post(`${acme.path}/restore`));
    }
  });

  it('change with the membership: who was made a member a moment ago may not write', async () => {
    const person = await network.persona('demoted').signUp();
    await joinAs(network, acme, person, 'ADMIN');
    await person.expect(201, person.post(`${acme.path}/businesses`, { name: 'Before' }));
    const { data } = await acme.owner.expect(200, acme.owner.get(`${acme.path}/members?limit=1`));
    await acme.owner.expect(200, acme.owner.patch(`${acme.path}/members/${data[0].id}`, { role: 'MEMBER' }));
    await person.expect(403, person.post(`${acme.path}/businesses`, { name: 'After' }));
  });

  it('of staff end with their hour', async () => {
    const { STAFF: staff } = people;
    await staff!.expect(200, staff!.get(acme.path));
    await network.sql('update staff_entries set expires_at = app.now() where user_id = $1', [staff!.userId]);
    await staff!.expect(404, staff!.get(acme.path));
  });
});
