import { connectThrough, personWithPages, pick } from '@pagekeeper/testing/network/dialog';
import type { Network } from '@pagekeeper/testing/network/network';
import type { Tenant } from '@pagekeeper/testing/network/tenant';

export interface Size {
  pages: number;
  people: number;
  organizations: number;
}

/** What one person of Facebook's has connected to one organization: a login and its pages. */
export interface Household {
  personId: string;
  /** Which of the town's people it is. */
  number: number;
  tenant: Tenant;
  pageIds: string[];
  /** Any integration of theirs, by which they connect again. */
  integration: string;
}

/** A page, and who stands behind it. */
export interface TownPage {
  id: string;
  name: string;
  household: Household;
  /** Virtual times at which its tokens were handed over. */
  connectedAt: number[];
}

export interface Town {
  tenants: Tenant[];
  households: Household[];
  /** By page id. */
  pages: Map<string, TownPage>;
  /** Why customers could not connect again at their first try. */
  refusals: string[];
}

/** Every so many people have connected some of their pages to another organization. */
const splitEvery = 4;

/** People with pages, connected through the dialog to organizations with an OWNER, an ADMIN and a MEMBER each. */
export async function settleTown(network: Network, size: Size, now: () => number): Promise<Town> {
  const tenants: Tenant[] = [];
  for (let index = 0; index < size.organizations; index += 1) tenants.push(await network.tenant(`org${index + 1}`));
  const town: Town = { tenants, households: [], pages: new Map(), refusals: [] };
  const numbers = Array.from({ length: size.people }, (_, index) => index);
  await inGroups(numbers, index => moveIn(network, size, town, index, now));
  town.households.sort((one, other) => one.number - other.number);
  return town;
}

async function moveIn(network: Network, size: Size, town: Town, index: number, now: () => number): Promise<void> {
  const each = Math.floor(size.pages / size.people);
  const names = Array.from({ length: each }, (_, page) => ({ name: `Page ${index + 1}-${page + 1}.` }));
  const { id: personId, pageIds } = await personWithPages(network, names);
  const isSplit = index % splitEvery === splitEvery - 1 && each > 1;
  const shares = isSplit ? [pageIds.slice(0, -2), pageIds.slice(-2)] : [pageIds];
  for (const [number, share] of shares.entries()) {
    const tenant = town.tenants[(index + number) % town.tenants.length]!;
    const { id } = await connectThrough(tenant, { personId });
    const connected = await pick(tenant, id, share);
    for (const { outcome, reason } of connected) if (outcome !== 'connected') throw new Error(JSON.stringify(reason));
    const integration = connected[0].integration.id;
    const household = { personId, number: index, tenant, pageIds: share, integration };
    town.households.push(household);
    for (const pageId of share) {
      const name = names[pageIds.indexOf(pageId)]!.name;
      town.pages.set(pageId, { id: pageId, name, household, connectedAt: [now()] });
    }
  }
}

/** A customer connects pages of theirs again. @returns those that Facebook or we did not let them: they try again later */
export async function connectAgain(
  town: Town,
  household: Household,
  pageIds: readonly string[],
  now: () => number,
): Promise<string[]> {
  const { tenant, personId, integration: reconnect } = household;
  try {
    const { id, shown } = await connectThrough(tenant, { personId }, { reconnect });
    if (shown.state !== 'ready') throw new Error(shown.reason?.code);
    const connected = await pick(tenant, id, pageIds);
    const isDone = new Set(connected.filter(({ outcome }) => outcome === 'reconnected').map(({ page_id }) => page_id));
    for (const pageId of isDone) town.pages.get(pageId)!.connectedAt.push(now());
    return pageIds.filter(pageId => !isDone.has(pageId));
  } catch (error) {
    town.refusals.push((error as Error).message);
    return [...pageIds];
  }
}

/** So many people do something at the same time. */
export const atATime = 6;

/** Some at a time. */
export async function inGroups<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const next = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atATime }, next));
}
