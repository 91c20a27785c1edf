import type { Quiet } from './quiet.ts';

export interface Timing {
  /** Runs of each side that count. */
  rounds: number;
  /** How long each of them is. */
  seconds: number;
  warmUpSeconds: number;
  quiet: Quiet;
}

export interface Alternated<Run> {
  ours: Run[];
  baseline: number[];
}

/**
 * Ours, baseline, ours, baseline …: what else the machine does in the meantime then burdens both alike. One short run
 * of each comes first and is not counted.
 */
export async function alternate<Run>(
  options: Timing,
  ours: (seconds: number) => Promise<Run>,
  baseline: (seconds: number) => Promise<number>,
): Promise<Alternated<Run>> {
  await ours(options.warmUpSeconds);
  await baseline(options.warmUpSeconds);
  const runs: Alternated<Run> = { ours: [], baseline: [] };
  for (let round = 0; round < options.rounds; round += 1) {
    await options.quiet.wait();
    runs.ours.push(await ours(options.seconds));
    await options.quiet.wait();
    runs.baseline.push(await baseline(options.seconds));
  }
  return runs;
}
