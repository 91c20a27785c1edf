import type { Network } from '@pagekeeper/testing/network/network';
import type { TownPage } from './town.ts';

/** What a page's status must be, by what happened at Facebook: null while it works. */
export type TrueStatus = 'needs_reauth' | 'blocked_user_action' | 'page_lost' | 'needs_permission' | null;

/** From its begin to the next one's, a page was so. */
export interface Segment {
  from: number;
  to: number;
  status: TrueStatus;
}

/** An entry of the simulator's ledger of events. */
interface LedgerEvent {
  at: number;
  personId: string;
  event: string;
  detail: { scope?: string; scopes?: string[]; page_ids?: string[] | null };
  died: string[];
  revived: string[];
}

export async function readEvents(network: Network): Promise<Map<string, LedgerEvent[]>> {
  const byPerson = new Map<string, LedgerEvent[]>();
  for (let after = 0; ; ) {
    const { data, has_more } = await network.simulator.get(`/__sim/ledger/events?after=${after}&limit=10000`);
    for (const { virtual_at, person_id, ...entry } of data) {
      const event = { ...entry, personId: person_id, at: Date.parse(virtual_at) };
      byPerson.set(person_id, [...(byPerson.get(person_id) ?? []), event]);
    }
    if (!has_more) return byPerson;
    after = data.at(-1).sequence;
  }
}

/** What is the matter with a page, as its person's events tell. */
interface Ailments {
  /** The person's tokens are dead: somebody has to log in here again. */
  killed: boolean;
  /** The last login of the person showed our app other pages. */
  leftOut: boolean;
  checkpoint: boolean;
  roleLost: boolean;
  missing: Set<string>;
}

/** The page's life between two times, by the simulator's ledger alone; and by when its customer logged in again. */
export function lifeOf(page: TownPage, events: readonly LedgerEvent[], from: number, to: number): Segment[] {
  const ailments: Ailments = {
    killed: false,
    leftOut: false,
    checkpoint: false,
    roleLost: false,
    missing: new Set(),
  };
  const news = [
    ...events.map(event => ({ at: event.at, tell: () => suffer(ailments, page.id, event) })),
    ...page.connectedAt.map(at => ({ at, tell: () => Object.assign(ailments, { killed: false }) })),
  ].sort((one, other) => one.at - other.at);
  const segments: Segment[] = [];
  let last: Segment = { from, to, status: null };
  for (const { at, tell } of news) {
    tell();
    const status = statusOf(ailments);
    if (at < from || status === last.status) continue;
    segments.push({ ...last, to: at });
    last = { from: at, to, status };
  }
  return [...segments, last];
}

function suffer(ailments: Ailments, pageId: string, { event, detail, died, revived }: LedgerEvent): void {
  const isLogin = event === 'login' || event === 'login_elsewhere';
  if (isLogin) {
    for (const scope of detail.scopes ?? []) ailments.missing.delete(scope);
    if (!detail.page_ids || detail.page_ids.includes(pageId)) ailments.leftOut = false;
  }
  if (event === 'permission_removed') ailments.missing.add(detail.scope!);
  const isOver = revived.includes(pageId);
  if (event === 'checkpoint_lifted' && isOver) ailments.checkpoint = false;
  if (event === 'role_restored' && isOver) ailments.roleLost = false;
  if (!died.includes(pageId)) return;
  if (isLogin) ailments.leftOut = true;
  else if (event === 'checkpoint') ailments.checkpoint = true;
  else if (event === 'role_removed') ailments.roleLost = true;
  else ailments.killed = true;
}

/** The most serious first, as Facebook tells it. */
function statusOf({ killed, leftOut, checkpoint, roleLost, missing }: Ailments): TrueStatus {
  if (killed || leftOut) return 'needs_reauth';
  if (checkpoint) return 'blocked_user_action';
  if (roleLost) return 'page_lost';
  return missing.size > 0 ? 'needs_permission' : null;
}
