import { inspect } from 'node:util';
import { buildApps } from '@pagekeeper/testing/build-apps';
import { Observer } from './observer.ts';
import { type ChaosOptions, parseOptions, type ScenarioName, scenarioNames, usage } from './options.ts';
import { Random } from './random.ts';
import { asJsonLines, asTable, type Result } from './report.ts';
import type { Scenario } from './scenario.ts';
import { clock } from './scenarios/clock.ts';
import { contention } from './scenarios/contention.ts';
import { disk } from './scenarios/disk.ts';
import { freeze } from './scenarios/freeze.ts';
import { graph } from './scenarios/graph.ts';
import { kills } from './scenarios/kills.ts';
import { network } from './scenarios/network.ts';
import { noisy } from './scenarios/noisy.ts';
import { postgres } from './scenarios/postgres.ts';
import { recovery } from './scenarios/recovery.ts';
import { redis } from './scenarios/redis.ts';
import { rolling } from './scenarios/rolling.ts';
import { settle } from './settle.ts';
import { startSystem } from './system.ts';
import { judge, leastAnswered, readStored, type Verdict } from './verdict.ts';

const scenarios: Record<ScenarioName, Scenario> = {
  kills,
  freeze,
  network,
  postgres,
  contention,
  redis,
  graph,
  rolling,
  recovery,
  noisy,
  clock,
  disk,
};

type Undo = (() => unknown)[];

/** Of the scenarios that run. */
const undos = new Set<Undo>();
let ending: Promise<unknown> | undefined;

/** Scenarios that run beside each other, each in a system of its own: most of the time they wait for clocks. */
const lanes = 2;
/** Leases, a queue's locks, replies in doubt or to be tried again, deliveries that are tried again later and later. */
const settleMs = 180_000;
const everything = { all: true, batch_size: 100, shuffle: true };

/** For people, so that standard output holds the report alone. */
const say = (sentence: string) => process.stderr.write(`${Math.round(performance.now() / 1000)} s  ${sentence}\n`);

async function main(options: ChaosOptions): Promise<number> {
  say(`Building the apps … (seed ${options.seed}, queue on ${options.queue})`);
  // They are started often.
  await buildApps(['api', 'worker', 'graph-simulator']);
  const waiting = [...options.only];
  const results: Result[] = [];
  const runLane = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) results.push(await runScenario(name, options));
  };
  await Promise.all(Array.from({ length: lanes }, runLane));
  const order: readonly string[] = scenarioNames;
  results.sort((one, other) => order.indexOf(one.scenario) - order.indexOf(other.scenario));
  process.stdout.write(`${options.json ? asJsonLines(results) : asTable(results)}\n`);
  return results.every(({ broken }) => broken.length === 0) ? 0 : 1;
}

async function runScenario(name: ScenarioName, options: ChaosOptions): Promise<Result> {
  const { queue, seed } = options;
  const startedAt = performance.now();
  const outcome = await tryToPlay(name, options);
  return { scenario: name, queue, seed, seconds: Math.round((performance.now() - startedAt) / 1_000), ...outcome };
}

/** One that cannot be run, or comes to no end, leaves the others alone. */
async function tryToPlay(name: ScenarioName, options: ChaosOptions): Promise<Outcome> {
  const lacks = scenarios[name].lacks?.() ?? null;
  if (lacks !== null) {
    say(`${name}: ${lacks}`);
    return { ...nothing, skipped: lacks };
  }
  const undo: Undo = [];
  undos.add(undo);
  try {
    return await play(name, options, undo);
  } catch (error) {
    say(`${name}: ${inspect(error)}`);
    return { ...nothing, broken: [`It came to no end: ${(error as Error).message}`] };
  } finally {
    await undoAll(undo);
  }
}

type Outcome = Omit<Result, 'scenario' | 'queue' | 'seed' | 'seconds'>;

const nothing: Outcome = {
  ...{ sent: 0, acknowledged: 0, processed: 0, eligible: 0, replies: 0, unknown: 0, doubled: 0, lost: 0 },
  kills: 0,
  details: {},
  broken: [],
  skipped: null,
};

/** One scenario in a system of its own, from the first process to the last. */
async function play(name: ScenarioName, { queue, seed, quick }: ChaosOptions, undo: Undo): Promise<Outcome> {
  const scenario = scenarios[name];
  const tell = (sentence: string) => say(`${name}: ${sentence}`);
  tell(`${scenario.about} …`);
  const system = await startSystem({ queue, seed, pages: scenario.pages(quick), needs: scenario.needs, undo });
  const observer = new Observer(system);
  await observer.start();
  const harm = await scenario.run({ system, random: new Random(seed), quick, say: tell });
  tell('It has to come to rest …');
  const rested = await settle(system, settleMs);
  await observer.read();
  const least = scenario.leastAnswered ?? leastAnswered[quick ? 'quick' : 'full'];
  const verdict = async (): Promise<Verdict> => judge(observer, await readStored(system), least);
  // Before anything comes again: what was lost would then be there.
  const { figures, broken } = await verdict();
  tell('Everything is delivered once more, in another order …');
  const { bodies, statuses } = await system.simulator.post('/__sim/redeliver', everything);
  const restedAgain = await settle(system, settleMs);
  await observer.stop();
  const again = await verdict();
  const idle = [
    ...(rested && restedAgain ? [] : [`It did not come to rest within ${settleMs / 1_000} s.`]),
    // They are not tried again, and what does not arrive again cannot be answered twice.
    ...(bodies > 0 && statuses['200'] === bodies ? [] : ['Not everything arrived once more.']),
    // Facebook asks again until it is heard; a scenario without questions proves nothing.
    ...(figures.acknowledged === figures.sent ? [] : ['Not everything that was sent was acknowledged in the end.']),
    ...(figures.eligible > 0 ? [] : ['Nobody asked anything.']),
  ];
  const answers = Object.fromEntries([...observer.answers].map(([answer, count]) => [`answered ${answer}`, count]));
  const outcome: Outcome = {
    ...figures,
    doubled: again.figures.doubled,
    kills: harm.kills,
    details: { ...harm.details, ...answers },
    broken: [...new Set([...harm.broken, ...idle, ...broken, ...again.broken])],
    skipped: null,
  };
  if (outcome.broken.length > 0) tell(['What the processes said last:', ...system.crew.complaints].join('\n'));
  return outcome;
}

async function undoAll(undo: Undo): Promise<void> {
  undos.delete(undo);
  for (const step of undo.splice(0).toReversed()) await step();
}

async function endWith(code: number, sentence?: string): Promise<void> {
  if (sentence) say(sentence);
  ending ??= Promise.all([...undos].map(undo => undoAll(undo).catch(error => say(String(error)))));
  await ending;
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) {
  process.on(signal, () => void endWith(130));
}

try {
  main(parseOptions(process.argv.slice(2))).then(
    code => endWith(code),
    (error: Error) => endWith(1, error.stack ?? error.message),
  );
} catch (error) {
  say(`${(error as Error).message}\n${usage}`);
  process.exit(1);
}
