import { parseArgs } from 'node:util';
import { readEnvironment, urlVariable } from '@pagekeeper/runtime/environment';
import * as z from 'zod';

const schema = z.object({
  ADMIN_DATABASE_URL: urlVariable('postgres', 'postgresql').optional(),
  REDIS_URL: urlVariable('redis', 'rediss').optional(),
});

/** Servers to use instead of our own. The passwords of our roles on that Postgres are set anew. */
export const readBenchEnvironment = () => readEnvironment(schema, process.env);

export const benchmarkNames = [
  'vault',
  'webhook-ingest',
  'webhook-ingest-batched',
  'webhook-process',
  'post-to-reply',
  'tenant-list',
  'tenant-list-key',
  'tenant-list-verb',
  'tenant-list-rls',
  'tenant-list-scale',
  'keep-alive-due-scan',
  'tenants-10000',
  'memory',
  'soak',
] as const;
export type BenchmarkName = (typeof benchmarkNames)[number];

/** Where jobs lie: Redis in production, Postgres with `npm start`. */
export const queueNames = ['redis', 'postgres'] as const;
export type QueueName = (typeof queueNames)[number];

/** Lines in which the queue plays a part. They are taken with each queue that is asked for. */
export const ofQueue: readonly BenchmarkName[] = [
  'webhook-process',
  'post-to-reply',
  'tenants-10000',
  'memory',
  'soak',
];

export interface BenchOptions {
  json: boolean;
  /** A smoke test: its figures mean little. */
  quick: boolean;
  only: readonly BenchmarkName[];
  /** Null where nothing was said: both, as far as there are servers for them. */
  queues: readonly QueueName[] | null;
  /** Where the api's CPU profiles go; null for none. */
  profileFolder: string | null;
}

/** All of them take most of an hour; half an hour more, with each queue, is asked for by name. */
const usual = benchmarkNames.filter(name => name !== 'soak');

export const usage = `npm run bench -- [--json] [--quick] [--only ${benchmarkNames.join(',')}] [--queue ${queueNames.join('|')}|both] [--profile folder]`;

/** @throws Error with a sentence for the person who typed it */
export function parseOptions(words: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      queue: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  const only = values.only === undefined ? usual : values.only.split(',').map(nameOf);
  const queues = values.queue === undefined ? null : queuesOf(values.queue);
  return { json: values.json, quick: values.quick, only, queues, profileFolder: values.profile ?? null };
}

function queuesOf(word: string): readonly QueueName[] {
  const chosen = queueNames.filter(name => word === 'both' || word === name);
  if (chosen.length === 0) throw new Error(`There is no queue ${word}: ${queueNames.join(', ')}, both.`);
  return chosen;
}

function nameOf(word: string): BenchmarkName {
  const name = benchmarkNames.find(known => known === word);
  if (!name) throw new Error(`There is no benchmark ${word}: ${benchmarkNames.join(', ')}.`);
  return name;
}
