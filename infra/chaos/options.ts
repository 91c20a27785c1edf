import { parseArgs } from 'node:util';

/** In the order in which they begin: the longest first, as they run in two lanes. */
export const scenarioNames = [
  'kills',
  'freeze',
  'network',
  'postgres',
  'contention',
  'redis',
  'graph',
  'rolling',
  'recovery',
  'noisy',
  'clock',
  'disk',
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface ChaosOptions {
  json: boolean;
  /** Fewer of everything, in about a minute a scenario. */
  quick: boolean;
  /** What is chosen at random follows from it. When things happen does not: processes run as they like. */
  seed: number;
  only: readonly ScenarioName[];
  queue: 'redis' | 'postgres';
}

export const usage = `npm run chaos -- [--json] [--quick] [--seed number] [--only ${scenarioNames.join(',')}] [--queue redis|postgres]`;

/** @throws Error with a sentence for the person who typed it */
export function parseOptions(words: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string' },
      only: { type: 'string' },
      queue: { type: 'string', default: 'redis' },
    },
  });
  const { json, queue } = values;
  if (queue !== 'redis' && queue !== 'postgres') throw new Error(`The queue is redis or postgres, not ${queue}.`);
  if (values.seed !== undefined && !/^\d{1,9}$/.test(values.seed)) throw new Error('The seed is a number.');
  const named = values.only?.split(',').map(nameOf);
  if (queue === 'postgres' && named?.includes('redis')) throw new Error('Without Redis there is no scenario redis.');
  const only = named ?? scenarioNames.filter(name => queue === 'redis' || name !== 'redis');
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed);
  // On Postgres, which carries the queue in development only, a smoke run has to do.
  return { json, quick: values.quick || queue === 'postgres', seed, only, queue };
}

function nameOf(word: string): ScenarioName {
  const name = scenarioNames.find(known => known === word);
  if (!name) throw new Error(`There is no scenario ${word}: ${scenarioNames.join(', ')}.`);
  return name;
}
