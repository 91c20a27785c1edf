import { formatTable } from '@pagekeeper/testing/start/table';
import { median } from './median.ts';

/** One line of the report, as `--json` prints it. */
export interface Measurement {
  name: string;
  /** The median of our runs. */
  value: number;
  unit: string;
  /** What we compare with, in words. */
  baseline: string;
  /** The median of its runs, which took turns with ours. */
  baseline_value: number;
  ratio: number;
  /** The least ratio that is good enough; null where none is asked for. */
  goal: number | null;
}

export interface Result {
  measurement: Measurement;
  /** The single runs, percentiles, and what was verified: a line each, for people. */
  notes: readonly string[];
}

/** Medians, and the ratio between them. */
export function measure(
  about: Pick<Measurement, 'name' | 'unit' | 'baseline' | 'goal'>,
  ours: readonly number[],
  baseline: readonly number[],
): Measurement {
  const value = median(ours);
  const baselineValue = median(baseline);
  const { name, unit, goal } = about;
  const ratio = Math.round((value / baselineValue) * 1_000) / 1_000;
  return {
    name,
    value: Math.round(value),
    unit,
    baseline: about.baseline,
    baseline_value: Math.round(baselineValue),
    ratio,
    goal,
  };
}

export const asJsonLines = (measurements: readonly Measurement[]): string =>
  measurements.map(measurement => JSON.stringify(measurement)).join('\n');

/** The table, and below it the notes of each benchmark. */
export function asTable(results: readonly Result[]): string {
  const rows = results.map(({ measurement }) => {
    const { name, value, unit, baseline, baseline_value, ratio, goal } = measurement;
    const verdict = goal === null ? '' : ratio >= goal ? 'reached' : 'MISSED';
    return [
      name,
      `${thousands(value)} ${unit}`,
      baseline,
      `${thousands(baseline_value)} ${unit}`,
      ratio.toFixed(2),
      goal === null ? '-' : `>= ${goal.toFixed(2)} ${verdict}`,
    ];
  });
  const table = formatTable([['benchmark', 'ours', 'baseline', 'its value', 'ratio', 'goal'], ...rows]);
  const notes = results.map(({ measurement, notes }) =>
    [`${measurement.name}:`, ...notes.map(note => `  ${note}`)].join('\n'),
  );
  return `${table}\n\n${notes.join('\n')}`;
}

export const thousands = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Every run's figure, in the order they were taken. */
export const listRuns = (values: readonly number[]): string => values.map(thousands).join('  ');
