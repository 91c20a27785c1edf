import type { Network } from './network.ts';
import type { Answer, Persona } from './persona.ts';
import type { Tenant } from './tenant.ts';

/** What a person does in Facebook's dialog; everything is granted unless told otherwise. */
export interface Choice {
  personId: string;
  decision?: 'approve' | 'deny' | 'nothing';
  scopes?: readonly string[];
  pageIds?: readonly string[];
}

/** A person of Facebook's with pages. */
export async function personWithPages(
  network: Network,
  pages: readonly { name: string; tasks?: readonly string[] }[] = [{ name: 'Blue Cup' }],
): Promise<{ id: string; pageIds: string[] }> {
  const person = await network.simulator.post('/__sim/people', { name: 'Paula Page', pages });
  return { id: person.id, pageIds: person.pages.map(({ id }: { id: string }) => id) };
}

export interface Begun {
  id: string;
  authorize_url: string;
}

/** Begins a connection, as whoever it is. */
export async function begin(tenant: Tenant, body: object = {}, persona: Persona = tenant.owner): Promise<Begun> {
  const path = `${tenant.path}/businesses/${tenant.business.id}/facebook/connections`;
  return await persona.expect(201, persona.post(path, body));
}

/** Goes through the dialog by its form, and gives the address that Facebook sends the browser back to: path and query. */
export async function decide(authorizeUrl: string, choice: Choice): Promise<string> {
  const dialog = new URL(authorizeUrl);
  const form = new URLSearchParams(dialog.searchParams);
  form.set('person_id', choice.personId);
  form.set('decision', choice.decision ?? 'approve');
  if (choice.scopes || choice.pageIds) form.set('chosen', '1');
  for (const scope of choice.scopes ?? (form.get('scope') ?? '').split(',')) form.append('scopes', scope);
  for (const pageId of choice.pageIds ?? []) form.append('page_ids', pageId);
  const response = await fetch(`${dialog.origin}${dialog.pathname}`, {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  const location = response.headers.get('location');
  if (!location) throw new Error(`The dialog answered ${response.status}: ${await response.text()}`);
  const { pathname, search } = new URL(location);
  return `${pathname}${search}`;
}

/** From the beginning to the page that says what came of it. */
export async function connectThrough(
  tenant: Tenant,
  choice: Choice,
  body: object = {},
): Promise<{ id: string; page: Answer; shown: any }> {
  const { owner } = tenant;
  const { id, authorize_url } = await begin(tenant, body);
  const page = await owner.get(await decide(authorize_url, choice));
  const shown = await owner.expect(200, owner.get(`${tenant.path}/facebook/connections/${id}`));
  return { id, page, shown };
}

/** A connection that pages can be picked from. */
export async function connectionThrough(network: Network, tenant: Tenant): Promise<{ id: string; pageIds: string[] }> {
  const { id: personId, pageIds } = await personWithPages(network);
  const { id } = await connectThrough(tenant, { personId });
  return { id, pageIds };
}

/** Connects picked pages; one end each. */
export async function pick(
  tenant: Tenant,
  connection: string,
  pageIds: readonly string[],
  more: object = {},
): Promise<any[]> {
  const { owner, path } = tenant;
  const body = { page_ids: pageIds, ...more };
  return (await owner.expect(201, owner.post(`${path}/facebook/connections/${connection}/pages`, body))).pages;
}
