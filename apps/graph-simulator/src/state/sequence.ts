import { hash } from 'node:crypto';
import type { State } from './state.ts';

/** The next 32 bytes of one kind, and their number. Same seed, same kind, same number: same bytes. */
function next(state: State, kind: string): { bytes: Buffer; number: number } {
  const number = (state.counters.get(kind) ?? 0) + 1;
  state.counters.set(kind, number);
  return { bytes: hash('sha256', `${state.seed}\n${kind}\n${number}`, 'buffer'), number };
}

/** A decimal id as Graph gives them: a prefix, a running number that keeps it unique, five digits that hide it. */
export function nextId(state: State, kind: string, prefix: string): string {
  const { bytes, number } = next(state, kind);
  const tail = String(bytes.readUInt32BE(0) % 100_000).padStart(5, '0');
  return `${prefix}${String(number).padStart(7, '0')}${tail}`;
}

/** An opaque word of letters and digits, as in tokens, codes, cursors and trace ids. */
export function nextWord(state: State, kind: string, prefix: string, bytes = 24): string {
  const raw = next(state, kind).bytes.subarray(0, Math.min(bytes, 32));
  return prefix + raw.toString('base64url').replaceAll(/[-_]/g, 'Z');
}

/** A number in [0, 1), for faults with a probability and for shuffling. */
export function nextDraw(state: State, kind: string): number {
  return next(state, kind).bytes.readUInt32BE(0) / 2 ** 32;
}

/** A copy in an order drawn from the seed. */
export function shuffled<Item>(state: State, items: readonly Item[]): Item[] {
  return items
    .map(item => ({ item, rank: nextDraw(state, 'shuffle') }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}
