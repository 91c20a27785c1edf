import { parsePublicId, type Uuid } from '@pagekeeper/domain/ids';
import { decide } from '@pagekeeper/testing/network/dialog';
import { SimulatorControl } from '@pagekeeper/testing/network/simulator-control';
import pLimit from 'p-limit';
import type { System } from './system.ts';

/** A page whose webhooks are stored. */
export interface Page {
  pageId: string;
  integrationId: Uuid;
}

/** An organization with connected pages, made over HTTP by somebody who is signed in. */
export interface Tenant {
  organization: string;
  organizationId: Uuid;
  ownerId: Uuid;
  /** The cookie of a real sign-in. */
  cookie: string;
  /** The secret of an API key that may read. */
  key: string;
  pages: readonly Page[];
}

/** Where api and simulator are. */
type Places = Pick<System, 'apiPort' | 'simulatorUrl'>;

/**
 * Makes one tenant: sign-up, sign-in, an organization, a business, and pages that were connected through Facebook's
 * dialog, all behind one login.
 * @param configOf the config of the page with this index
 */
export async function createTenant(
  system: Places,
  name: string,
  pageCount: number,
  configOf: (index: number) => object = () => ({ auto_reply: true, webhook_enabled: true }),
): Promise<Tenant> {
  const account = { email: `owner@${name}.example`, password: 'pagekeeper-bench' };
  await exchange(system, '/auth/sign-up/email', { body: { ...account, name } });
  const signedIn = await exchange(system, '/auth/sign-in/email', { body: account });
  const { user } = JSON.parse(signedIn.text) as { user: { id: string } };
  const { cookie } = signedIn;
  const post = async (path: string, body?: object) => JSON.parse((await exchange(system, path, { cookie, body })).text);
  const { id: organization } = await post('/v1/organizations', { name });
  const { id: business } = await post(`/v1/organizations/${organization}/businesses`, { name: 'Shop' });

  const person = await createPerson(system.simulatorUrl, name, pageCount);
  const pages = await connectPages(system, { organization, business, cookie }, person, configOf);
  const key = await createKey(system, { organization, cookie }, { role: 'MEMBER', scopes: ['read'] });
  const organizationId = parsePublicId('organization', organization)!;
  return { organization, organizationId, ownerId: user.id as Uuid, cookie, key, pages };
}

/** Pages that may be picked at a time. */
const mostPicked = 50;

/** All pages of a person, picked and then configured. @throws Error when one of them is not healthy */
async function connectPages(
  system: Places,
  { organization, business, cookie }: { organization: string; business: string; cookie: string },
  person: Person,
  configOf: (index: number) => object,
): Promise<Page[]> {
  const path = `/v1/organizations/${organization}`;
  const post = async (to: string, body: object) =>
    JSON.parse((await exchange(system, `${path}${to}`, { cookie, body })).text);
  const { id: connection, authorize_url } = await post(`/businesses/${business}/facebook/connections`, {});
  await exchange(system, await decide(authorize_url, { personId: person.id }), { cookie });
  const configure = async ({ page_id, integration, reason }: PickedPage, index: number): Promise<Page> => {
    if (integration?.facebook_page.status !== 'healthy') {
      throw new Error(`The page ${page_id} is not healthy: ${reason?.detail ?? integration?.facebook_page.status}`);
    }
    const body = { config: configOf(index) };
    await exchange(system, `${path}/integrations/${integration.id}`, { cookie, body, method: 'PATCH' });
    return { pageId: page_id, integrationId: parsePublicId('integration', integration.id)! };
  };
  const limit = pLimit(4);
  const pages: Page[] = [];
  for (let first = 0; first < person.pages.length; first += mostPicked) {
    const page_ids = person.pages.slice(first, first + mostPicked).map(({ id }) => id);
    const { pages: picked } = await post(`/facebook/connections/${connection}/pages`, { page_ids });
    const configured = (picked as PickedPage[]).map((page, at) => limit(() => configure(page, first + at)));
    pages.push(...(await Promise.all(configured)));
  }
  return pages;
}

/** Makes an API key. @returns its secret */
export async function createKey(
  system: Places,
  { organization, cookie }: Pick<Tenant, 'organization' | 'cookie'>,
  may: { role: 'ADMIN' | 'MEMBER'; scopes: readonly string[] },
): Promise<string> {
  const path = `/v1/organizations/${organization}/api-keys`;
  return JSON.parse((await exchange(system, path, { cookie, body: { name: 'Bench', ...may } })).text).secret;
}

/** What a GET answers, as text. @throws Error unless the status is the expected one */
export async function getText(system: System, path: string, cookie: string, status = 200): Promise<string> {
  return (await exchange(system, path, { cookie, status })).text;
}

interface PickedPage {
  page_id: string;
  integration: { id: string; facebook_page: { status: string } } | null;
  reason: { detail: string } | null;
}

interface Person {
  id: string;
  pages: readonly { id: string }[];
}

/** A person of Facebook's who may do everything on pages of their own. */
async function createPerson(simulatorUrl: string, name: string, pageCount: number): Promise<Person> {
  const pages = Array.from({ length: pageCount }, (_, index) => ({ name: `${name} shop ${index + 1}` }));
  return await new SimulatorControl(simulatorUrl).post('/__sim/people', { name: 'Paula Page', pages });
}

interface Exchange {
  cookie?: string;
  body?: object | undefined;
  method?: 'POST' | 'PATCH';
  status?: number;
}

async function exchange({ apiPort }: Places, path: string, { cookie = '', body, method = 'POST', status }: Exchange) {
  const origin = `http://127.0.0.1:${apiPort}`;
  const response = await fetch(`${origin}${path}`, {
    method: body ? method : 'GET',
    headers: { Origin: origin, ...(body && { 'Content-Type': 'application/json' }), ...(cookie && { Cookie: cookie }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const right = status === undefined ? response.ok : response.status === status;
  if (!right) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 500)}`);
  const cookies = response.headers.getSetCookie().map(value => value.split(';', 1)[0]);
  return { text, cookie: cookies.join('; ') };
}
