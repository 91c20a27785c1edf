import { setTimeout as sleep } from 'node:timers/promises';
import type { Failpoint } from '@pagekeeper/runtime/failpoint';
import type { Exit } from '@pagekeeper/testing/processes';
import { failpointOf, type Member } from '../crew.ts';
import type { Random } from '../random.ts';
import type { Harm, Scenario, Stage } from '../scenario.ts';
import { startTraffic } from '../traffic.ts';

const points = {
  api: ['inbox.before_commit', 'inbox.after_commit', 'nudge.before_enqueue'],
  worker: [
    'drain.after_claim',
    'drain.after_close',
    'reply.before_http',
    'reply.after_http',
    'reply.before_commit',
    'reply.after_look',
  ],
} as const satisfies Record<string, readonly Failpoint[]>;

interface Size {
  /** Kills at each failpoint. */
  hits: number;
  randomOfApi: number;
  randomOfWorkers: number;
  /** That are killed in turns: one starts while another works. */
  workers: number;
  perSecond: number;
  pages: number;
}

/** 1,000 kills: 225 at failpoints, 775 at random. */
const full: Size = { hits: 25, randomOfApi: 125, randomOfWorkers: 650, workers: 3, perSecond: 25, pages: 240 };
const quick: Size = { hits: 2, randomOfApi: 4, randomOfWorkers: 8, workers: 2, perSecond: 15, pages: 60 };
const sizeOf = (isQuick: boolean) => (isQuick ? quick : full);

/** Longer than anybody waits for work that leads to a failpoint. */
const failpointMs = 20_000;
/** A process that is killed at random lives so long. There is one api, and without it nothing comes in. */
const life = { api: { leastMs: 100, greatestMs: 4_000 }, worker: { leastMs: 100, greatestMs: 2_500 } };

type App = keyof typeof points;
/** A point to which nothing led so often in a row is not reached at all. */
const mostTries = 10;

type Plan = { at: Failpoint; pass: number; tries: number } | { at: null; afterMs: number };

export const kills: Scenario = {
  about: 'kill -9 of api and workers, at named points and at random',
  pages: isQuick => sizeOf(isQuick).pages,
  async run(stage) {
    const size = sizeOf(stage.quick);
    const tally = new Tally(stage, size);
    const traffic = await startTraffic(stage.system, stage.random, size.perSecond);
    const rounds = [killAll('api', plansFor('api', size, stage.random), stage, tally)];
    const plans = plansFor('worker', size, stage.random);
    for (let index = 0; index < size.workers; index += 1) rounds.push(killAll('worker', plans, stage, tally));
    await Promise.all(rounds);
    await traffic.stop();
    return tally.harm();
  },
};

function plansFor(app: App, { hits, ...size }: Size, random: Random): Plan[] {
  const named = points[app].flatMap(at =>
    Array.from({ length: hits }, () => ({ at, pass: random.pick([1, 1, 1, 2, 3, 5]), tries: 1 })),
  );
  const count = app === 'api' ? size.randomOfApi : size.randomOfWorkers;
  const { leastMs, greatestMs } = life[app];
  const atRandom = Array.from({ length: count }, () => ({ at: null, afterMs: random.between(leastMs, greatestMs) }));
  const shuffled = random.shuffled<Plan>([...named, ...atRandom]);
  // It is reached where an earlier worker was killed, and its lease has run out.
  const isLate = ({ at }: Plan) => at === 'reply.after_look';
  return hits < 10 ? [...shuffled.filter(plan => !isLate(plan)), ...shuffled.filter(isLate)] : shuffled;
}

/** Starts a process, sees it die, and starts the next, until no plan is left; the last one lives. */
async function killAll(app: App, plans: Plan[], stage: Stage, tally: Tally): Promise<void> {
  const { system } = stage;
  const start = app === 'api' ? system.startApi : system.startWorker;
  for (let plan = plans.shift(); plan; plan = plans.shift()) {
    if (plan.at === null) {
      const doomed = await start();
      await sleep(plan.afterMs);
      tally.addRandom(await doomed.kill());
    } else {
      const doomed = await start({ FAIL_AT: `${plan.at}:${plan.pass}` });
      if (await diesAt(doomed, plan.at)) tally.add(plan.at);
      else {
        // Nothing led there in time: that was one at random, and this is tried once more.
        tally.addRandom(await doomed.exited);
        if (plan.tries < mostTries) plans.push({ at: plan.at, pass: 1, tries: plan.tries + 1 });
      }
    }
  }
  await start();
}

/** True when it was killed by this failpoint; else it is killed after a while. */
async function diesAt(doomed: Member, at: Failpoint): Promise<boolean> {
  const timer = setTimeout(() => void doomed.kill(), failpointMs);
  const reached = await failpointOf(doomed);
  clearTimeout(timer);
  return reached === at;
}

class Tally {
  readonly #counts = new Map<string, number>();
  readonly #stage: Stage;
  readonly #size: Size;
  /** Those that ended before they were killed. */
  #early = 0;

  constructor(stage: Stage, size: Size) {
    this.#stage = stage;
    this.#size = size;
  }

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
    if (this.#total % (this.#stage.quick ? 10 : 50) === 0) this.#stage.say(`${this.#total} kills`);
  }

  addRandom({ signal }: Exit): void {
    if (signal === 'SIGKILL') this.add('random');
    else this.#early += 1;
  }

  get #total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  harm(): Harm {
    const { hits } = this.#size;
    const named = [...points.api, ...points.worker];
    const rare = named.filter(name => (this.#counts.get(name) ?? 0) < hits);
    const broken = rare.map(name => `${name} was reached less than ${hits} times.`);
    if (this.#early > 0) broken.push(`${this.#early} processes ended by themselves before they were killed.`);
    return {
      kills: this.#total,
      details: Object.fromEntries([...named, 'random'].map(name => [name, this.#counts.get(name) ?? 0])),
      broken,
    };
  }
}
