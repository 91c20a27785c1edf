/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('There is no median of nothing.');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value that this share of the sorted values does not exceed (nearest rank). */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
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
  options: { rounds: number; seconds: number; warmUpSeconds: number },
  ours: (seconds: number) => Promise<Run>,
  baseline: (seconds: number) => Promise<number>,
): Promise<Alternated<Run>> {
  await ours(options.warmUpSeconds);
  await baseline(options.warmUpSeconds);
  const runs: Alternated<Run> = { ours: [], baseline: [] };
  for (let round = 0; round < options.rounds; round += 1) {
    runs.ours.push(await ours(options.seconds));
    runs.baseline.push(await baseline(options.seconds));
  }
  return runs;
}
