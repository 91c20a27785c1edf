import { newId, parsePublicId, publicId, type Uuid } from '@pagekeeper/domain/ids';
import { addMember } from '@pagekeeper/domain/members/add-member';
import type { Role } from '@pagekeeper/domain/tenancy/tenant-tx';
import { leaveFailedJob } from '@pagekeeper/testing/foreign-job';
import { connectionThrough } from '@pagekeeper/testing/network/dialog';
import type { Network } from '@pagekeeper/testing/network/network';
import type { Answer, Persona } from '@pagekeeper/testing/network/persona';
import type { Tenant } from '@pagekeeper/testing/network/tenant';
import { expect } from 'vitest';
import type { Endpoint } from '../src/http/endpoint.ts';
import { holdStreamToTheContract, pathOf, placeholdersOf } from './contract.ts';

/** For tests that walk over all endpoints: a request that each would take. */

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
  'post /v1/staff/organizations': ({ owner_email }) => ({ name: 'For Somebody', owner_email }),
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
  'post /v1/organizations/{organization}/integrations/{integration}/reply-preview': () => ({
    config: { auto_reply: 'shadow' },
  }),
  'post /v1/organizations/{organization}/events/{event}/replay': () => ({ with_replies: true }),
  'post /v1/organizations/{organization}/events/replay': () => ({ filter: {} }),
  'post /v1/organizations/{organization}/businesses/{business}/facebook/connections': () => ({ ask_again: 'pages' }),
  'post /v1/organizations/{organization}/facebook/connections/{connection}/pages': () => ({ page_ids: ['1'] }),
};

/** Fresh things of a tenant's, so that a call which is allowed spoils nothing for the next. */
const makers: Record<string, (tenant: Tenant, network: Network) => Promise<string>> = {
  business: async ({ owner, path }) =>
    (await owner.expect(201, owner.post(`${path}/businesses`, { name: 'Short-lived' }))).id,
  integration: async ({ owner, path, business }) => {
    const body = { integration_type: 'FACEBOOK_PAGE', name: 'Page', facebook_page: page() };
    return (await owner.expect(201, owner.post(`${path}/businesses/${business.id}/integrations`, body))).id;
  },
  member: async (tenant, network) => {
    const { owner, path } = tenant;
    const person = await network.persona(`walker-${newId()}`).signUp();
    await joinAs(network, tenant, person, 'MEMBER');
    return (await owner.expect(200, owner.get(`${path}/members?limit=1`))).data[0].id;
  },
  invitation: async ({ owner, path }) =>
    (await owner.expect(201, owner.post(`${path}/invitations`, { email: `${newId()}@example.com`, role: 'MEMBER' })))
      .id,
  connection: async (tenant, network) => (await connectionThrough(network, tenant)).id,
  // Of another organization of the same owner.
  purge: async ({ owner }) => {
    const { id, slug } = await owner.expect(201, owner.post('/v1/organizations', { name: 'Doomed' }));
    return (await owner.expect(202, owner.post(`/v1/organizations/${id}/purge`, { confirm: slug }))).id;
  },
  owner_email: async ({ owner }) => owner.email,
  // A key with just the scope that rotating takes may rotate it.
  key: async tenant => (await tenant.program({ role: 'MEMBER', scopes: ['members'] })).key.id,
  event: async (tenant, network) => {
    const { page: connected } = await tenant.connectPage();
    await network.simulator.post(`/__sim/pages/${connected.page_id}/comments`, { text: 'Is this in stock?' });
    await network.simulator.calm();
    const [event] = await network.sql('select id from webhook_events where page_id = $1', [connected.page_id]);
    return publicId('event', event.id);
  },
  job: async (tenant, network) => {
    const worker = network.worker ? null : await network.startWorker();
    const id = await leaveFailedJob(network.services.queue, tenant.uuid);
    await worker?.stop();
    return id;
  },
  // Without a worker nobody replies.
  reply: async (tenant, network) => {
    const { id: integration, page: connected } = await tenant.connectPage();
    const id = newId();
    await network.sql(
      `insert into replies (organization_id, id, integration_id, event_id, page_id, source_id, kind, state, reason)
       values ($1, $2, $3, $4, $5, '1', 'message', 'skipped', 'A test.')`,
      [tenant.uuid, id, parsePublicId('integration', integration), newId(), connected.page_id],
    );
    return publicId('reply', id);
  },
};

/** These things, new. */
export async function freshThings(
  network: Network,
  tenant: Tenant,
  names: readonly string[],
): Promise<Record<string, string>> {
  const things: Record<string, string> = { organization: tenant.organization.id };
  for (const name of names) things[name] ??= await makers[name]!(tenant, network);
  return things;
}

/** Makes somebody a member, at once. */
export async function joinAs(network: Network, { owner, organization }: Tenant, person: Persona, role: Role) {
  const actor = { type: 'user', userId: owner.userId as Uuid } as const;
  await addMember(network.contextOf(actor), {
    organization: organization.id,
    user_id: person.userId as Uuid,
    role,
  });
}

/** What must exist before the endpoint can be called. */
export const thingsOf = ({ path }: Endpoint): string[] => [
  ...placeholdersOf(path).filter(name => name !== 'organization'),
  ...(path.endsWith('/transfer-ownership') ? ['member'] : []),
  ...(path === '/v1/staff/organizations' ? ['owner_email'] : []),
];

/** What can be done to a thing once only, or not often. */
export const happensOnce = ({ method, path }: Endpoint) =>
  // Mails to one address are few.
  method === 'delete' || path.endsWith('/rotate') || path.endsWith('/resend');

export const keyOf = ({ method, path }: Endpoint) => `${method} ${path}`;

export async function call(persona: Persona, endpoint: Endpoint, values: Record<string, string>): Promise<Answer> {
  const body = endpoint.body && bodyOf(endpoint, values);
  if (endpoint.streams) return await callStream(persona, pathOf(endpoint.path, values));
  return await persona.send(endpoint.method, pathOf(endpoint.path, values), body ?? undefined);
}

async function callStream(persona: Persona, path: string): Promise<Answer> {
  const reader = await persona.watch(path);
  reader.close();
  holdStreamToTheContract(path, reader);
  return reader.answer;
}

export function bodyOf(endpoint: Endpoint, values: Record<string, string>): object {
  const make = bodies[keyOf(endpoint)];
  if (!make) throw new Error(`There is no sample body for ${keyOf(endpoint)}. Add one to this file.`);
  return make(values);
}

/** One checksum over all rows, or a tenant's, save when a key was used last: that is written later. */
export async function checksumOf(network: Network, tenant?: Tenant): Promise<string> {
  const tables = await network.sql<{ name: string; tenant_column: string | null }>(
    `select c.oid::regclass::text as name, a.attname as tenant_column
     from pg_class c left join pg_attribute a on a.attrelid = c.oid
       and a.attname = case when c.relname = 'organizations' then 'id' else 'organization_id' end
     where c.relnamespace in ('public'::regnamespace, 'auth'::regnamespace) and c.relkind in ('r', 'p')
     order by c.oid::regclass::text`,
  );
  const read = tables.filter(({ tenant_column }) => !tenant || tenant_column !== null);
  expect(read.length).toBeGreaterThan(8);
  const sums = read.map(({ name, tenant_column }) => {
    const rows = `select (to_jsonb(t) - 'last_used_at')::text as row from ${name} t`;
    const ofTenant = tenant ? `where ${tenant_column} = $1` : '';
    return `select md5(coalesce(string_agg(row, '|' order by row), '')) as sum from (${rows} ${ofTenant}) rows`;
  });
  const rows = await network.sql<{ sum: string }>(sums.join(' union all '), tenant ? [tenant.uuid] : []);
  return rows.map(({ sum }) => sum).join(' ');
}
