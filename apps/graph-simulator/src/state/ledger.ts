import { hash } from 'node:crypto';
import { forgetOldest } from './bounded.ts';
import type { CallEntry, DeliveryEntry, EventEntry, LedgerEntry, Unnumbered } from './ledger-entry.ts';
import { Tally, targetOf } from './tally.ts';

/** Entries kept unless told otherwise: what a person looks at, not what a test counts. */
export const usualLedgerLines = 100_000;

/**
 * A record of every Graph call received and every webhook delivery tried. The oldest entries are forgotten; the counts,
 * of all and of each Page, are not.
 */
export class Ledger {
  readonly #limit: number;
  #entries: LedgerEntry[] = [];
  #events: EventEntry[] = [];
  #sequence = 0;
  #forgotten = 0;
  #total = new Tally();
  #byPage = new Map<string, Tally>();

  constructor(limit = usualLedgerLines) {
    this.#limit = limit;
  }

  addCall(entry: Unnumbered<CallEntry>): void {
    // Made once: a million of these strings stand in both tallies.
    const target = targetOf(entry);
    this.#total.addCall(entry, target);
    if (entry.page_id !== null) this.#tallyOf(entry.page_id).addCall(entry, target);
    this.#keep({ type: 'call', sequence: this.#sequence + 1, ...entry });
  }

  addDelivery(entry: Unnumbered<DeliveryEntry>): void {
    this.#total.addDelivery(entry);
    for (const pageId of entry.page_ids) this.#tallyOf(pageId).addDelivery(entry);
    this.#keep({ type: 'delivery', sequence: this.#sequence + 1, ...entry });
  }

  addEvent(entry: Omit<EventEntry, 'sequence'>): void {
    this.#events.push({ sequence: (this.#events.at(-1)?.sequence ?? 0) + 1, ...entry });
    if (this.#events.length >= this.#limit * 1.25) this.#events = this.#events.slice(-this.#limit);
  }

  /** What happened to people, in order, with numbers of its own. */
  get events(): readonly EventEntry[] {
    return this.#events;
  }

  /** The entries kept, in order of their end. The number keeps growing over a clear. */
  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  /** The entries kept after this number. */
  after(sequence: number): readonly LedgerEntry[] {
    const first = this.#entries[0]?.sequence ?? 0;
    return this.#entries.slice(Math.max(0, sequence + 1 - first));
  }

  get lastSequence(): number {
    return this.#sequence;
  }

  /** The number of the last entry that was forgotten to make room; 0 when none was. */
  get forgottenThrough(): number {
    return this.#forgotten;
  }

  /** The counts since the start or the last clear, of all or of one Page. */
  tally(pageId?: string): Tally {
    return pageId === undefined ? this.#total : (this.#byPage.get(pageId) ?? new Tally());
  }

  clear(): void {
    this.#entries = [];
    this.#events = [];
    this.#total = new Tally();
    this.#byPage = new Map();
  }

  #keep(entry: LedgerEntry): void {
    this.#sequence = entry.sequence;
    this.#entries.push(entry);
    // In large pieces, so that forgetting costs next to nothing per entry.
    if (this.#entries.length < this.#limit * 1.25) return;
    this.#entries = this.#entries.slice(-this.#limit);
    this.#forgotten = this.#entries[0]!.sequence - 1;
  }

  #tallyOf(pageId: string): Tally {
    const known = this.#byPage.get(pageId);
    if (known) return known;
    const made = new Tally();
    this.#byPage.set(pageId, made);
    return made;
  }
}

// Calls come with the same few tokens, or at least in runs.
const hashes = new Map<string, string>();
const keptHashes = 10_000;

/** Enough of a token's hash to tell two tokens apart, and nothing of the token. */
export function tokenHash(token: string): string {
  const known = hashes.get(token);
  if (known) return known;
  const made = hash('sha256', token).slice(0, 12);
  hashes.set(token, made);
  forgetOldest(hashes, keptHashes);
  return made;
}
