import type { Network } from '@pagekeeper/testing/network/network';
import { day, hour, minute, Random } from './random.ts';
import { atATime, connectAgain, type Household, inGroups, type Town } from './town.ts';

/** Something that is to happen at a virtual time. */
interface Happening {
  at: number;
  happen: () => Promise<unknown>;
}

/** So many calls a throttle of this name may meet within five minutes: at first, and later. */
export interface Allowance {
  name: string;
  first: number;
  later: number;
}

/** What the seed has in store: misfortunes of people, what mends them, and faults of Facebook's. */
export class Happenings {
  readonly #network: Network;
  readonly #town: Town;
  /** Of each person, and of Facebook: what one draws changes nothing for the others. */
  readonly #randoms = new Map<string, Random>();
  readonly #ofFaults: Random;
  readonly #now: () => number;
  /** No misfortune begins after this: each is mended, and that is noticed, before the end. */
  readonly #lastBegin: number;
  readonly #end: number;
  readonly #meanDays: number;
  readonly #faultMinutes: readonly [number, number];
  #queue: Happening[] = [];
  readonly counts = new Map<string, number>();
  readonly #throttles = new Map<string, string>();

  constructor(
    network: Network,
    town: Town,
    options: {
      seed: number;
      now: () => number;
      end: number;
      meanDays: number;
      faultMinutes: readonly [number, number];
    },
  ) {
    this.#network = network;
    this.#town = town;
    this.#ofFaults = new Random(options.seed);
    this.#now = options.now;
    this.#end = options.end;
    this.#lastBegin = options.end - 6 * day;
    this.#meanDays = options.meanDays;
    this.#faultMinutes = options.faultMinutes;
    for (const { personId, number } of town.households)
      this.#randoms.set(personId, new Random(options.seed + number + 1));
    for (const [personId, random] of this.#randoms) {
      this.#planMisfortune(personId, this.#now() + random.between(hour, this.#meanDays * day));
    }
    this.#planFault(this.#now() + this.#ofFaults.between(hour, 6 * hour));
  }

  get nextAt(): number {
    return Math.min(...this.#queue.map(({ at }) => at), Number.POSITIVE_INFINITY);
  }

  /**
   * How many calls a throttle may meet: first by everybody who was under way, then one at a time, five minutes apart. A
   * page's says for how long it lasts, so nobody comes a second time.
   */
  atOnce(checks: number): Map<string, Allowance> {
    const limits = { 'app throttled': [checks + atATime, 1], 'person throttled': [2, 2], 'page throttled': [1, 0] };
    return new Map(
      [...this.#throttles].map(([fault, name]) => {
        const [first, later] = limits[name as keyof typeof limits] as [number, number];
        return [fault, { name, first, later }];
      }),
    );
  }

  /** Lets everything happen whose time has come, people beside each other. */
  async catchUp(): Promise<void> {
    const due = this.#queue.filter(({ at }) => at <= this.#now()).sort((one, other) => one.at - other.at);
    this.#queue = this.#queue.filter(happening => !due.includes(happening));
    await inGroups(due, ({ happen }) => happen());
  }

  #plan(at: number, happen: () => Promise<unknown>): void {
    this.#queue.push({ at, happen });
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** One at a time for each person, so that what is mended stays so for a day at least. */
  #planMisfortune(personId: string, at: number): void {
    if (at > this.#lastBegin) return;
    const random = this.#randoms.get(personId)!;
    const kind = random.pick(Object.keys(this.#misfortunes));
    this.#plan(at, async () => {
      this.#count(kind);
      const mendedBy = await this.#misfortunes[kind]!(personId, this.#now(), random);
      const next = mendedBy + 2 * day + random.next() * 2 * this.#meanDays * day;
      this.#planMisfortune(personId, next);
    });
  }

  /** Each says until when it is mended. */
  readonly #misfortunes: Record<string, (personId: string, now: number, random: Random) => Promise<number>> = {
    'password change': async (personId, now, random) => {
      await this.#event(personId, { type: 'password_change' });
      return this.#planReconnects(personId, now, random);
    },
    'app removed': async (personId, now, random) => {
      await this.#event(personId, { type: 'deauthorize' });
      return this.#planReconnects(personId, now, random);
    },
    checkpoint: async (personId, now, random) =>
      await this.#passing(
        personId,
        { type: 'checkpoint', subcode: random.pick([459, 464, 490]) },
        { type: 'checkpoint_lifted' },
        now + lasting(random),
      ),
    // Lifted before anybody need have noticed.
    'short checkpoint': async (personId, now, random) =>
      await this.#passing(
        personId,
        { type: 'checkpoint', subcode: 459 },
        { type: 'checkpoint_lifted' },
        now + random.between(hour, 9 * hour),
      ),
    'role lost': async (personId, now, random) => {
      const page_id = random.pick(this.#householdsOf(personId).flatMap(({ pageIds }) => pageIds));
      const [lost, restored] = ['role_removed', 'role_restored'].map(type => ({ type, page_id }));
      return await this.#passing(personId, lost!, restored!, now + lasting(random));
    },
    'permission removed': async (personId, now, random) => {
      const scope = random.pick(['pages_messaging', 'pages_manage_engagement']);
      await this.#event(personId, { type: 'permission_removed', scope });
      return this.#planReconnects(personId, now, random);
    },
    // A login elsewhere shows our app fewer pages: what is left out dies everywhere.
    'grant narrowed': async (personId, now, random) => {
      const pageIds = this.#householdsOf(personId).flatMap(household => household.pageIds);
      const kept = pageIds.filter((_, index) => index % 2 === 0);
      await this.#network.simulator.post(`/__sim/people/${personId}/tokens`, { page_ids: kept });
      return this.#planReconnects(personId, now, random);
    },
  };

  #event = (personId: string, event: object): Promise<unknown> =>
    this.#network.simulator.post(`/__sim/people/${personId}/events`, event);

  async #passing(personId: string, begins: object, ends: object, until: number): Promise<number> {
    await this.#event(personId, begins);
    this.#plan(until, () => this.#event(personId, ends));
    return until;
  }

  #householdsOf = (personId: string): Household[] =>
    this.#town.households.filter(household => household.personId === personId);

  /** Each organization's customer connects again in their own time. */
  #planReconnects(personId: string, now: number, random: Random): number {
    const times = this.#householdsOf(personId).map(household => {
      const at = now + lasting(random);
      this.#planReconnect(household, household.pageIds, at);
      return at;
    });
    return Math.max(...times);
  }

  #planReconnect(household: Household, pageIds: readonly string[], at: number): void {
    this.#plan(at, async () => {
      const left = await connectAgain(this.#town, household, pageIds, this.#now);
      if (left.length > 0) this.#planReconnect(household, left, this.#now() + hour);
      else this.#count('reconnected');
    });
  }

  /** One after the other, with hours between them: no login is out of reach for longer than its check may wait. */
  #planFault(at: number): void {
    if (at > this.#end) return;
    this.#plan(at, async () => {
      const { personId, pageIds } = this.#ofFaults.pick(this.#town.households);
      const lastsMs = this.#ofFaults.between(...this.#faultMinutes) * minute;
      const { name, ...fault } = this.#ofFaults.pick(faultsOf(personId, pageIds[0]!, lastsMs));
      this.#count(name);
      const { id } = await this.#network.simulator.post('/__sim/faults', fault);
      if (fault.fault.type === 'throttle') this.#throttles.set(`${id}:throttle`, name);
      this.#planFault(this.#now() + lastsMs + this.#ofFaults.between(3 * hour, 7 * hour));
    });
  }
}

/** Longer than a day, so that everybody must notice. */
const lasting = (random: Random): number => random.between(30 * hour, 70 * hour);

function faultsOf(person_id: string, page_id: string, lastsMs: number) {
  const for_seconds = Math.round(lastsMs / 1_000);
  const minutes = Math.round(lastsMs / minute);
  const read = (endpoint: string, probability: number) => ({ match: { endpoint }, probability, for_seconds });
  return [
    { name: 'app throttled', match: {}, fault: { type: 'throttle', code: 4, minutes } },
    {
      name: 'person throttled',
      match: { person_id, endpoint: 'accounts' },
      fault: { type: 'throttle', code: 17, minutes },
    },
    {
      name: 'page throttled',
      match: { page_id, endpoint: 'subscribed_apps' },
      fault: { type: 'throttle', code: 80001, minutes },
    },
    { name: 'code 2', ...read('accounts', 0.6), fault: { type: 'error', http: 500, code: 2 } },
    { name: 'code 2', ...read('debug_token', 0.6), fault: { type: 'error', code: 2 } },
    { name: 'code 1', ...read('batch', 0.6), fault: { type: 'error', http: 500, code: 1 } },
    { name: 'HTML', ...read('batch', 1), fault: { type: 'html' } },
    { name: 'HTML', ...read('accounts', 0.6), fault: { type: 'html', http: 503 } },
    { name: 'connections cut', ...read('accounts', 0.6), fault: { type: 'reset' } },
    { name: 'answers lost', ...read('batch', 0.6), fault: { type: 'lost_response' } },
    { name: 'half answers', ...read('accounts', 0.6), fault: { type: 'truncated' } },
    { name: 'empty answers', ...read('debug_token', 0.6), fault: { type: 'empty' } },
    { name: 'timeouts', match: { person_id, endpoint: 'accounts' }, times: 3, fault: { type: 'latency', ms: 2_500 } },
    { name: 'false alarms', ...read('accounts', 0.6), fault: { type: 'error', code: 190, subcode: 460 } },
    { name: 'false alarms', ...read('subscribed_apps', 0.6), fault: { type: 'error', code: 190 } },
  ];
}
