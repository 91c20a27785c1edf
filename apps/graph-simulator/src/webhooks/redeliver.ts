import type { SignatureMode } from '../app/knobs.ts';
import { shuffled } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { Change } from './change.ts';
import type { Courier, Parcel } from './courier.ts';
import type { Receipt } from './post.ts';

export interface Redelivery {
  batchSize: number;
  shuffle: boolean;
  times: number;
  concurrency: number;
  mode: SignatureMode;
}

/** Sends recorded changes again: repeated, reordered, split and batched anew. Not retried. */
export async function redeliver(state: State, courier: Courier, changes: readonly Change[], how: Redelivery) {
  const repeated = Array.from({ length: how.times }, () => changes).flat();
  const ordered = how.shuffle ? shuffled(state, repeated) : repeated;
  const parcels = inBatches(ordered, how.batchSize).map(batch => courier.pack(batch));
  return deliverAll(courier, parcels, how);
}

/** Delivers parcels a few at a time, and sums up what was answered. */
export async function deliverAll(
  courier: Courier,
  parcels: readonly Parcel[],
  how: { concurrency: number; mode: SignatureMode; url?: string | undefined },
) {
  const receipts = await eachOf(parcels, how.concurrency, async parcel => {
    const { status, failure } = await courier.deliver(parcel, how.mode, how.url);
    return { body_id: parcel.id, status, failure };
  });
  return { bodies: parcels.length, statuses: countStatuses(receipts), receipts: receipts.slice(0, 1000) };
}

/** How often each status came; a missing answer is counted by its failure. */
export function countStatuses(receipts: readonly Pick<Receipt, 'status' | 'failure'>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, failure } of receipts) {
    const key = String(status ?? failure);
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

export function inBatches<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Runs a task for each item, `concurrency` at a time, and keeps the order of the results. */
export async function eachOf<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const work = async () => {
    for (const [index, item] of queue) results[index] = await task(item);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}
