import { formatTable } from '@pagekeeper/testing/start/table';
import type { Figures } from './verdict.ts';

/** What came of a scenario, as `--json` prints it. */
export interface Result extends Figures {
  scenario: string;
  queue: 'redis' | 'postgres';
  seed: number;
  seconds: number;
  kills: number;
  details: Record<string, number>;
  /** The promises that were broken, a sentence each. */
  broken: string[];
  /** Why it was not run on this machine; null when it was. */
  skipped: string | null;
}

export const asJsonLines = (results: readonly Result[]): string =>
  results.map(result => JSON.stringify(result)).join('\n');

const columns = [
  'scenario',
  'seconds',
  'kills',
  'sent',
  'acknowledged',
  'processed',
  'eligible',
  'replies',
  'unknown',
  'doubled',
  'lost',
] as const satisfies readonly (keyof Result)[];

/** The table, and below it what else each scenario counted, and which promises were broken. */
export function asTable(results: readonly Result[]): string {
  const rows = results.map(result => [
    ...columns.map(column => {
      const value = result[column];
      return typeof value === 'number' ? value.toLocaleString('en-US') : value;
    }),
    result.skipped ? 'SKIPPED' : result.broken.length === 0 ? 'kept' : 'BROKEN',
  ]);
  const notes = results.flatMap(({ scenario, details, broken, skipped }) => [
    `${scenario}: ${skipped ?? listOf(details)}`,
    ...broken.map(sentence => `  BROKEN: ${sentence}`),
  ]);
  return [formatTable([[...columns, 'promises'], ...rows]), '', ...notes].join('\n');
}

const listOf = (details: Result['details']): string =>
  Object.entries(details)
    .map(([name, count]) => `${name} ${count.toLocaleString('en-US')}`)
    .join(', ');
