import type { Allowance } from './happenings.ts';
import { day, hour, minute } from './random.ts';
import type { Household, Town, TownPage } from './town.ts';
import { lifeOf, type Segment } from './truth.ts';
import type { SeenStatus, ThrottledCall, Watched } from './watch.ts';

export interface Judgement {
  /** What is not as the simulator's ledger says it must be; a sentence each. */
  complaints: string[];
  deaths: number;
  recoveries: number;
  notices: number;
  /** The longest that a death, or a recovery, went unnoticed, in hours. */
  slowestHours: number;
}

/** Holds what was seen against the simulator's ledger. */
export function judge(
  town: Town,
  events: ReadonlyMap<string, Parameters<typeof lifeOf>[1]>,
  seen: Watched,
  { from, to }: { from: number; to: number },
): Judgement {
  const judgement: Judgement = { complaints: [], deaths: 0, recoveries: 0, notices: 0, slowestHours: 0 };
  const expected = new Expected();
  for (const page of town.pages.values()) {
    const life = lifeOf(page, events.get(page.household.personId) ?? [], from, to);
    judgeStatuses(page, life, seen.statuses.get(page.id) ?? [], judgement);
    expectNotices(page, life, expected);
    expectWarnings(page, life, { from, to }, expected);
  }
  judgeMails(town, seen, expected, judgement);
  return judgement;
}

const dead = ['needs_reauth', 'blocked_user_action', 'page_lost', 'needs_permission'];
const isAlive = (status: string): boolean => status === 'healthy' || status === 'expiring';

/** Every change that lasts for a day is seen within one; and nothing is seen that was not so. */
function judgeStatuses(
  page: TownPage,
  life: readonly Segment[],
  seen: readonly SeenStatus[],
  judgement: Judgement,
): void {
  const isSo = (status: string, segment: Segment) =>
    segment.status === null ? isAlive(status) : status === segment.status;
  for (const [index, segment] of life.entries()) {
    if (index === 0 || segment.to - segment.from < day) continue;
    // What nobody has noticed yet needs no mending either.
    const before = seen.findLast(({ by }) => by < segment.from)?.status ?? 'healthy';
    const noticed = seen.find(({ by, status }) => by >= segment.from && isSo(status, segment));
    const took = isSo(before, segment) ? 0 : (noticed?.by ?? Number.POSITIVE_INFINITY) - segment.from;
    if (took > day)
      judgement.complaints.push(`${page.name} ${describe(segment)}: not seen within a day (${hours(took)})`);
    else judgement.slowestHours = Math.max(judgement.slowestHours, took / hour);
    if (segment.status) judgement.deaths += 1;
    else judgement.recoveries += 1;
  }
  for (const { after, by, status } of seen) {
    if (!dead.includes(status) && !isAlive(status)) continue;
    const wasSo = life.some(segment => segment.from <= by && segment.to >= after && isSo(status, segment));
    if (!wasSo) judgement.complaints.push(`${page.name} was called ${status} at ${when(by)}, and was not`);
  }
}

/** How often each thing must be told of each page, and how often it may. */
class Expected {
  readonly #counts = new Map<string, { must: number; may: number }>();

  add(page: TownPage, what: string, isCertain: boolean): void {
    const key = `${page.id} ${what}`;
    const count = this.#counts.get(key) ?? { must: 0, may: 0 };
    count.may += 1;
    if (isCertain) count.must += 1;
    this.#counts.set(key, count);
  }

  of = (page: TownPage, what: string): { must: number; may: number } =>
    this.#counts.get(`${page.id} ${what}`) ?? { must: 0, may: 0 };
}

/** That a page died, once each time; that it works again, once for each time that it was said to be dead. */
function expectNotices(page: TownPage, life: readonly Segment[], expected: Expected): void {
  let toldDead = false;
  for (const [index, segment] of life.entries()) {
    const isCertain = segment.to - segment.from >= day;
    if (segment.status) {
      expected.add(page, 'dead', isCertain);
      toldDead ||= isCertain;
    } else if (index > 0) {
      expected.add(page, 'recovered', isCertain && toldDead);
      toldDead = false;
    }
  }
}

const sixtyDays = 5_183_944_000;
const rungs = [14, 7, 3, 1, 0];

/** That the login ends, once on each rung that the page reaches alive. */
function expectWarnings(
  page: TownPage,
  life: readonly Segment[],
  run: { from: number; to: number },
  expected: Expected,
): void {
  for (const [index, connectedAt] of page.connectedAt.entries()) {
    const end = connectedAt + sixtyDays;
    const until = page.connectedAt[index + 1] ?? run.to;
    for (const [step, rung] of rungs.slice(0, -1).entries()) {
      const begins = Math.max(end - rung * day, connectedAt);
      const ends = Math.min(end - rungs[step + 1]! * day, until, run.to);
      const alive = life
        .filter(({ status }) => status === null)
        .map(segment => Math.min(ends, segment.to) - Math.max(begins, segment.from));
      const longest = Math.max(...alive, Number.NEGATIVE_INFINITY);
      if (longest > -hour) expected.add(page, `${rung} left`, longest > day + hour);
    }
  }
}

/** Every mail that had to be sent came once, to OWNER and ADMIN; and no other. */
function judgeMails(town: Town, { mails }: Watched, expected: Expected, judgement: Judgement): void {
  const byName = new Map([...town.pages.values()].map(page => [page.name, page]));
  const counts = new Map<string, number>();
  for (const mail of mails) {
    const what = whatIsTold(mail.subject);
    if (!what) continue;
    const names = [...mail.text.matchAll(/^(Page \d+-\d+\.): /gm)].map(match => match[1]!);
    const stated = Number(/(\d+) pages/.exec(mail.subject)?.[1] ?? 1);
    if (names.length !== stated) judgement.complaints.push(`“${mail.subject}” lists ${names.length} pages`);
    for (const name of names) {
      const key = `${byName.get(name)?.id} ${what} ${mail.to[0]!.address.toLowerCase()}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      judgement.notices += 1;
    }
  }
  const told = new Map<string, number>();
  for (const page of town.pages.values()) {
    for (const what of ['dead', 'recovered', ...rungs.slice(0, -1).map(rung => `${rung} left`)]) {
      const { must, may } = expected.of(page, what);
      for (const address of addressesOf(page.household)) {
        const key = `${page.id} ${what} ${address}`;
        const count = counts.get(key) ?? 0;
        counts.delete(key);
        told.set(what, count);
        if (count >= must && count <= may) continue;
        judgement.complaints.push(`${page.name} “${what}” to ${address}: ${count} times, not ${must} to ${may}`);
      }
    }
    // Before the end everything is mended, also what nobody need have noticed.
    if (told.get('dead') !== told.get('recovered'))
      judgement.complaints.push(`${page.name}: told dead, and not mended`);
  }
  for (const key of counts.keys()) judgement.complaints.push(`told to nobody who is to know: ${key}`);
}

const addressesOf = ({ tenant }: Household): string[] =>
  [tenant.owner, tenant.admin].map(({ email }) => email.toLowerCase());

function whatIsTold(subject: string): string | null {
  if (subject.endsWith(' stopped working')) return 'dead';
  if (subject.endsWith(' works again')) return 'recovered';
  const [, days] = /^(\d+) days? left: reconnect /.exec(subject) ?? [];
  return days ? `${days} left` : null;
}

/** Once refused, a scope is left alone for as long as Facebook says, or five minutes. */
export function judgeThrottles({ throttled }: Watched, atOnce: ReadonlyMap<string, Allowance>): string[] {
  const complaints: string[] = [];
  for (const fault of new Set(throttled.map(call => call.fault))) {
    const allowed = atOnce.get(fault) ?? { name: fault, first: 0, later: 0 };
    const hits = throttled.filter(hit => hit.fault === fault);
    let together: ThrottledCall[] = [];
    let limit = allowed.first;
    for (const hit of hits) {
      // What was under way when the first was refused came with it.
      if (together.length > 0 && hit.at - together[0]!.at >= 5 * minute) {
        [together, limit] = [[], allowed.later];
      }
      together.push(hit);
      if (together.length === limit + 1)
        complaints.push(`${allowed.name}, and called again: ${together.map(describeHit).join(', ')}`);
    }
  }
  return complaints;
}

const describeHit = ({ call, at }: ThrottledCall): string => `${call} at ${when(at)}`;
const when = (at: number): string => new Date(at).toISOString();
const hours = (ms: number): string => `${(ms / hour).toFixed(1)} h`;
const describe = ({ from, to, status }: Segment): string => `${status ?? 'works'} from ${when(from)} to ${when(to)}`;
