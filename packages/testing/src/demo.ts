import { closeDatabase, openDatabase } from '@pagekeeper/domain/database/database';
import type { Uuid } from '@pagekeeper/domain/ids';
import { addMember } from '@pagekeeper/domain/members/add-member';
import { type DemoApi, DemoSession } from './demo/session.ts';

/** What the seed needs to reach the running system. */
export interface DemoTarget extends DemoApi {
  /** Null when the system speaks to another Graph API: then no integration can be made up. */
  simulatorUrl: string | null;
  /** The app role's URL, for the memberships that no endpoint makes yet. */
  databaseUrl: string;
}

/** The password of every demo login. */
export const demoPassword = 'pagekeeper-demo';

/** The people of the two demo tenants, as `npm start` lists them. */
export const demoLogins = [
  { organization: 'Acme', role: 'OWNER', name: 'Olivia Owner', email: 'owner@acme.example' },
  { organization: 'Acme', role: 'ADMIN', name: 'Adam Admin', email: 'admin@acme.example' },
  { organization: 'Acme', role: 'MEMBER', name: 'Mia Member', email: 'member@acme.example' },
  { organization: 'Rival', role: 'OWNER', name: 'Rita Rival', email: 'owner@rival.example' },
] as const;

const demoPages = {
  Acme: { business: 'E-commerce Store', page: 'Acme Coffee', person: 'Paula Page' },
  Rival: { business: 'Tea House', page: 'Rival Tea', person: 'Rufus Role' },
} as const;

/** Makes the two demo tenants over HTTP; what is there already stays as it is. */
export async function seedDemo(target: DemoTarget): Promise<void> {
  for (const organization of ['Acme', 'Rival'] as const) {
    const people = demoLogins.filter(login => login.organization === organization);
    const sessions = [];
    for (const login of people) sessions.push(await DemoSession.open(target, { ...login, password: demoPassword }));
    const [owner, ...others] = sessions;
    if (!owner || (await owner.get('/v1/organizations')).data.length > 0) continue;
    const { id } = await owner.post('/v1/organizations', { name: organization });
    for (const [index, session] of others.entries()) {
      await addDemoMember(target, owner, id, session.userId, people[index + 1]!.role);
    }
    await addDemoPage(target, owner, id, demoPages[organization]);
  }
}

// No endpoint makes members yet: the verb does.
async function addDemoMember(
  { databaseUrl }: DemoTarget,
  owner: DemoSession,
  organization: string,
  userId: string,
  role: 'OWNER' | 'ADMIN' | 'MEMBER',
): Promise<void> {
  const database = openDatabase({ url: databaseUrl, maxConnections: 1 });
  try {
    const actor = { type: 'user', userId: owner.userId as Uuid } as const;
    await addMember({ database, actor, requestId: 'demo' }, { organization, user_id: userId as Uuid, role });
  } finally {
    await closeDatabase(database);
  }
}

async function addDemoPage(
  { simulatorUrl }: DemoTarget,
  owner: DemoSession,
  organization: string,
  names: { business: string; page: string; person: string },
): Promise<void> {
  const businesses = `/v1/organizations/${organization}/businesses`;
  const business = await owner.post(businesses, { name: names.business });
  if (!simulatorUrl) return;
  const control = (path: string, body: object) => postJson(`${simulatorUrl}/__sim${path}`, body);
  const person = await control('/people', { name: names.person, pages: [{ name: names.page }] });
  const login = await control(`/people/${person.id}/tokens`, { lifetime: 'long' });
  const [page] = login.pages;
  await owner.post(`${businesses}/${business.id}/integrations`, {
    integration_type: 'FACEBOOK_PAGE',
    name: 'Main Facebook Page',
    config: { auto_reply: true },
    facebook_page: {
      page_id: page.page_id,
      page_name: page.page_name,
      page_category: page.page_category,
      page_url: page.page_url,
      access_token: login.user_token,
      page_access_token: page.page_access_token,
    },
  });
}

async function postJson(url: string, body: object): Promise<any> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`The demo could not be seeded: ${url} answered ${response.status}.`);
  return await response.json();
}
