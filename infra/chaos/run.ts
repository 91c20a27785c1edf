import { buildApps } from '@pagekeeper/testing/build-apps';
import { Observer } from './observer.ts';
import { type ChaosOptions, parseOptions, type ScenarioName, usage } from './options.ts';
import { Random } from './random.ts';
import { asJsonLines, asTable, type Result } from './report.ts';
import type { Scenario } from './scenario.ts';
import { freeze } from './scenarios/freeze.ts';
import { kills } from './scenarios/kills.ts';
import { postgres } from './scenarios/postgres.ts';
import { redis } from './scenarios/redis.ts';
import { settle } from './settle.ts';
import { startSystem } from './system.ts';
import { judge, readStored } from './verdict.ts';

const scenarios: Record<ScenarioName, Scenario> = { kills, freeze, redis, postgres };

/** Of the scenario that runs. */
const undo: (() => unknown)[] = [];
let ending: Promise<void> | undefined;

/** Leases of half a minute, a queue's locks, replies in doubt, deliveries that are tried again later and later. */
const settleMs = 180_000;

/** For people, so that standard output holds the report alone. */
const say = (sentence: string) => process.stderr.write(`${Math.round(performance.now() / 1000)} s  ${sentence}\n`);

async function main(options: ChaosOptions): Promise<number> {
  say(`Building the apps … (seed ${options.seed}, queue on ${options.queue})`);
  // They are started often.
  await buildApps(['api', 'worker', 'graph-simulator']);
  const results: Result[] = [];
  for (const name of options.only) {
    results.push(await runScenario(name, options));
  }
  process.stdout.write(`${options.json ? asJsonLines(results) : asTable(results)}\n`);
  return results.every(({ broken }) => broken.length === 0) ? 0 : 1;
}

async function runScenario(name: ScenarioName, { queue, seed, quick }: ChaosOptions): Promise<Result> {
  const scenario = scenarios[name];
  const startedAt = performance.now();
  const tell = (sentence: string) => say(`${name}: ${sentence}`);
  tell(`${scenario.about} …`);
  const system = await startSystem({ queue, seed, pages: scenario.pages(quick), undo });
  const observer = new Observer(system);
  await observer.start();
  const random = new Random(seed);
  const harm = await scenario.run({ system, random, quick, say: tell });
  tell('It has to come to rest …');
  await settle(system, settleMs);
  await observer.read();
  const size = quick ? 'quick' : 'full';
  // Before anything comes again: what was lost would then be there.
  const { figures, broken } = judge(observer, await readStored(system), size);
  tell('Everything is delivered once more, in another order …');
  await system.simulator.post('/__sim/redeliver', { all: true, batch_size: 100, shuffle: true });
  await settle(system, settleMs);
  await observer.stop();
  const again = judge(observer, await readStored(system), size);
  const answers = Object.fromEntries([...observer.answers].map(([answer, count]) => [`answered ${answer}`, count]));
  const result: Result = {
    scenario: name,
    queue,
    seed,
    ...figures,
    doubled: again.figures.doubled,
    kills: harm.kills,
    seconds: Math.round((performance.now() - startedAt) / 1_000),
    details: { ...harm.details, ...answers },
    broken: [...new Set([...harm.broken, ...broken, ...again.broken])],
  };
  if (result.broken.length > 0) say(['What the processes said last:', ...system.crew.complaints].join('\n'));
  await undoAll();
  return result;
}

async function undoAll(): Promise<void> {
  for (const step of undo.splice(0).toReversed()) await step();
}

async function endWith(code: number, sentence?: string): Promise<void> {
  if (sentence) say(sentence);
  ending ??= undoAll();
  await ending.catch(error => say(String(error)));
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
