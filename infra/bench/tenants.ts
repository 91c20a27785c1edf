import { parsePublicId, publicId, type Uuid } from '@pagekeeper/domain/ids';
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
 * Makes one tenant: sign-up, sign-in, an organization, a business, and pages that the simulator granted.
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

  const granted = await grantPages(system.simulatorUrl, name, pageCount);
  const path = `/v1/organizations/${organization}`;
  const limit = pLimit(4);
  const connect = async (page: GrantedPage, index: number): Promise<Page> => {
    const integration_type = 'FACEBOOK_PAGE';
    const body = { integration_type, name: page.page_name, config: configOf(index), facebook_page: detailsOf(page) };
    const { id } = await post(`${path}/businesses/${business}/integrations`, body);
    return { pageId: page.page_id, integrationId: parsePublicId('integration', id)! };
  };
  const pages = await Promise.all(granted.map((page, index) => limit(() => connect(page, index))));
  await checkAll(system, path, cookie, pages);
  const key = await createKey(system, { organization, cookie }, { role: 'MEMBER', scopes: ['read'] });
  const organizationId = parsePublicId('organization', organization)!;
  return { organization, organizationId, ownerId: user.id as Uuid, cookie, key, pages };
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

/** Checks pages until all are healthy. One check looks at all pages of a login, so that the first is mostly the last. */
async function checkAll(system: Places, path: string, cookie: string, pages: readonly Page[]): Promise<void> {
  for (const { integrationId } of pages) {
    const integration = `${path}/integrations/${publicId('integration', integrationId)}`;
    const status = async () =>
      JSON.parse((await exchange(system, integration, { cookie })).text).facebook_page.status as string;
    if ((await status()) === 'healthy') continue;
    await exchange(system, `${integration}/refresh?wait=true`, { cookie, body: {} });
    const now = await status();
    if (now !== 'healthy') throw new Error(`A page is ${now}, and not healthy.`);
  }
}

/** What a GET answers, as text. @throws Error unless the status is the expected one */
export async function getText(system: System, path: string, cookie: string, status = 200): Promise<string> {
  return (await exchange(system, path, { cookie, status })).text;
}

interface GrantedPage {
  page_id: string;
  page_name: string;
  page_category: string;
  page_url: string;
  page_access_token: string;
  user_token: string;
}

async function grantPages(simulatorUrl: string, name: string, count: number): Promise<GrantedPage[]> {
  const control = async (path: string, body: object) => {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${simulatorUrl}/__sim${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`The simulator answered ${response.status}: ${await response.text()}`);
    return await response.json();
  };
  const pages = Array.from({ length: count }, (_, index) => ({ name: `${name} shop ${index + 1}` }));
  const { id } = (await control('/people', { name: 'Paula Page', pages })) as { id: string };
  const login = (await control(`/people/${id}/tokens`, { lifetime: 'long' })) as {
    user_token: string;
    pages: Omit<GrantedPage, 'user_token'>[];
  };
  return login.pages.map(page => ({ ...page, user_token: login.user_token }));
}

const detailsOf = ({ user_token, ...page }: GrantedPage) => ({ ...page, access_token: user_token });

interface Exchange {
  cookie?: string;
  body?: object | undefined;
  status?: number;
}

async function exchange({ apiPort }: Places, path: string, { cookie = '', body, status }: Exchange) {
  const origin = `http://127.0.0.1:${apiPort}`;
  const response = await fetch(`${origin}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { Origin: origin, ...(body && { 'Content-Type': 'application/json' }), ...(cookie && { Cookie: cookie }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const right = status === undefined ? response.ok : response.status === status;
  if (!right) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 500)}`);
  const cookies = response.headers.getSetCookie().map(value => value.split(';', 1)[0]);
  return { text, cookie: cookies.join('; ') };
}
