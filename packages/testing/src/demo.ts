import { closeDatabase, openDatabase } from '@pagekeeper/domain/database/database';
import { parsePublicId, type Uuid } from '@pagekeeper/domain/ids';
import { addMember } from '@pagekeeper/domain/members/add-member';
import { setStaff } from '@pagekeeper/domain/staff/set-staff';
import { createQueue, type QueueConnection } from '@pagekeeper/queue/queue';
import { createLog } from '@pagekeeper/runtime/log';
import { type Clocks, withClocks } from './demo/clocks.ts';
import { connectDemoPage, type DemoPage, historyDays, liveThroughAWeek } from './demo/history.ts';
import { type DemoApi, DemoSession } from './demo/session.ts';
import { DemoSimulator } from './demo/simulator.ts';
import { leaveFailedJob } from './foreign-job.ts';

/** What the seed needs to reach the running system. */
export interface DemoTarget extends DemoApi {
  /** Null when the system speaks to another Graph API: then no integration can be made up. */
  simulatorUrl: string | null;
  /** The app role's URL, for the memberships that no endpoint makes yet. */
  databaseUrl: string;
  /** The database owner's URL: with it the demo lives through a week, for which the clocks are moved. */
  ownerUrl?: string | undefined;
  /** Where the jobs are: with it one of them has failed. */
  queue?: { connection: QueueConnection; prefix?: string | undefined };
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

/** Who runs the system, and sees `/admin`. In no organization. */
export const demoStaff = { name: 'Sam Staff', email: 'staff@pagekeeper.example' };

const demoPages = {
  Acme: { business: 'E-commerce Store', page: 'Acme Coffee', person: 'Paula Page' },
  Rival: { business: 'Tea House', page: 'Rival Tea', person: 'Rufus Role' },
} as const;

/**
 * Makes the two demo tenants over HTTP, and where the clocks may be moved a week of their life; what is there already
 * stays as it is.
 * @returns whether there was something to make
 */
export async function seedDemo(target: DemoTarget): Promise<boolean> {
  const { simulatorUrl, ownerUrl } = target;
  const [acme, rival] = await Promise.all(
    (['Acme', 'Rival'] as const).map(async name => ({ name, sessions: await signIn(target, name) })),
  );
  // Acme is last: the clocks end with its week.
  const tenants = [rival!, acme!];
  const isThere = await Promise.all(
    tenants.map(async ({ sessions }) => (await sessions[0]!.get('/v1/organizations?active=any')).data.length > 0),
  );
  const fresh = tenants.filter((_, index) => !isThere[index]);
  if (fresh.length === 0) return false;
  const simulator = simulatorUrl ? new DemoSimulator(simulatorUrl) : null;
  const make = (clocks: Clocks | null) => makeTenants(target, fresh, simulator, clocks);
  if (!simulatorUrl || !ownerUrl) await make(null);
  else await withClocks({ ownerUrl, simulatorUrl }, make);
  if (!isThere[1]) await giveStaffSomething(target, acme!.sessions[0]!);
  return true;
}

/** Somebody who may look at `/admin`, and a failed job to look at. */
async function giveStaffSomething(target: DemoTarget, owner: DemoSession): Promise<void> {
  if (target.ownerUrl) {
    await DemoSession.open(target, { ...demoStaff, password: demoPassword });
    await setStaff(target.ownerUrl, { email: demoStaff.email, isStaff: true, unconfirmed: true });
  }
  if (!target.queue) return;
  const { connection, prefix } = target.queue;
  const log = createLog({ name: 'demo', level: 'silent' });
  const queue = createQueue({ connection, log, ...(prefix && { prefix }) });
  try {
    const { data } = await owner.get('/v1/organizations');
    await leaveFailedJob(queue, parsePublicId('organization', data[0].id)!);
  } finally {
    await queue.close();
  }
}

interface Fresh {
  name: 'Acme' | 'Rival';
  sessions: DemoSession[];
}

async function signIn(target: DemoTarget, organization: 'Acme' | 'Rival'): Promise<DemoSession[]> {
  const people = demoLogins.filter(login => login.organization === organization);
  return await Promise.all(people.map(login => DemoSession.open(target, { ...login, password: demoPassword })));
}

async function makeTenants(
  target: DemoTarget,
  fresh: readonly Fresh[],
  simulator: DemoSimulator | null,
  clocks: Clocks | null,
): Promise<void> {
  await clocks?.move(-historyDays * 24);
  for (const { name, sessions } of fresh) {
    const [owner, ...others] = sessions as [DemoSession, ...DemoSession[]];
    const { id } = await owner.post('/v1/organizations', { name });
    const roles = demoLogins.filter(login => login.organization === name).map(({ role }) => role);
    for (const [index, session] of others.entries()) {
      await addDemoMember(target, owner, id, session.userId, roles[index + 1]!);
    }
    const page = await addDemoPage(simulator, owner, id, demoPages[name]);
    if (name === 'Acme' && simulator && clocks && page) {
      await liveThroughAWeek({ owner, simulator, clocks }, `/v1/organizations/${id}`, page);
    }
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

/** @returns the page, where there is a simulator to make one up */
async function addDemoPage(
  simulator: DemoSimulator | null,
  owner: DemoSession,
  organization: string,
  names: { business: string; page: string; person: string },
): Promise<DemoPage | null> {
  const businesses = `/v1/organizations/${organization}/businesses`;
  const business = await owner.post(businesses, { name: names.business });
  if (!simulator) return null;
  const login = await simulator.login(names.person, names.page);
  const config = { auto_reply: true };
  const path = await connectDemoPage(owner, `${businesses}/${business.id}`, 'Main Facebook Page', login, config);
  return { path, pageId: login.pageId };
}
