import { nextWord } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { Change } from './change.ts';
import { bodyOf } from './change.ts';
import type { Courier, Parcel, Receipt } from './courier.ts';
import { accepted } from './courier.ts';
import { whyNotDelivered } from './subscribed.ts';

/** Waits between attempts in real milliseconds; the last one repeats. At once first, then slower and slower. */
export const usualRetryDelaysMs = [0, 1000, 2000, 5000, 10_000];
const greatestAttempts = 500;
const greatestBatch = 100;

export type Fate = 'queued' | 'held' | 'no_callback' | 'not_subscribed';

export interface EmitterOptions {
  state: () => State;
  courier: Courier;
  retryDelaysMs: readonly number[];
}

/**
 * Records every change and delivers the subscribed ones. Changes of one Page go out in order, one POST at a time; what
 * piles up meanwhile shares the next POST. A failed POST is tried again beside the others, so order may be lost then.
 */
export class Emitter {
  readonly #options: EmitterOptions;
  readonly #recorded = new Map<string, Change>();
  readonly #lanes = new Map<string, Change[]>();
  readonly #retries = new Set<NodeJS.Timeout>();

  constructor(options: EmitterOptions) {
    this.#options = options;
  }

  /** Every change recorded since the start, oldest first, delivered or not. */
  get recorded(): readonly Change[] {
    return [...this.#recorded.values()];
  }

  /** Changes that wait for their first attempt, and bodies that wait for another. */
  get pending(): { changes: number; retries: number } {
    const changes = [...this.#lanes.values()].reduce((sum, lane) => sum + lane.length, 0);
    return { changes, retries: this.#retries.size };
  }

  find(id: string): Change | undefined {
    return this.#recorded.get(id);
  }

  /** Records a change without delivering it. */
  record(change: Omit<Change, 'id'>): Change {
    const recorded = { id: nextWord(this.#options.state(), 'change', 'chg_', 12), ...change };
    this.#recorded.set(recorded.id, recorded);
    return recorded;
  }

  /** Records a change and, unless it is held back, queues it for delivery. */
  emit(change: Omit<Change, 'id'>, options: { deliver?: boolean } = {}): { change: Change; fate: Fate } {
    const recorded = this.record(change);
    if (options.deliver === false) return { change: recorded, fate: 'held' };
    const obstacle = whyNotDelivered(this.#options.state(), recorded);
    if (!obstacle) this.#enqueue(recorded);
    return { change: recorded, fate: obstacle ?? 'queued' };
  }

  /** Delivers changes together now, retried like any other; resolves after the first attempt. */
  async deliverTogether(changes: readonly Change[]): Promise<Receipt> {
    const { courier } = this.#options;
    const ids = changes.map(change => change.id);
    const parcel = courier.pack(
      bodyOf(changes),
      changes.map(change => change.pageId),
      ids,
    );
    const receipt = await courier.deliver(parcel);
    if (!accepted(receipt)) this.#retryLater(parcel);
    return receipt;
  }

  /** Forgets what was recorded and gives up what waits. */
  clear(): void {
    for (const timer of this.#retries) clearTimeout(timer);
    this.#retries.clear();
    this.#recorded.clear();
    this.#lanes.clear();
  }

  stop(): void {
    this.clear();
    this.#options.courier.stop();
  }

  #enqueue(change: Change): void {
    const lane = this.#lanes.get(change.pageId);
    if (lane) {
      lane.push(change);
      return;
    }
    const fresh = [change];
    this.#lanes.set(change.pageId, fresh);
    // Not in this turn: Graph answers the call that caused the change before, or while, it tells of it.
    setImmediate(() => this.#empty(change.pageId, fresh));
  }

  async #empty(pageId: string, lane: Change[]): Promise<void> {
    while (lane.length > 0 && this.#lanes.get(pageId) === lane) {
      await this.deliverTogether(lane.splice(0, greatestBatch));
    }
    if (this.#lanes.get(pageId) === lane) this.#lanes.delete(pageId);
  }

  #retryLater(parcel: Parcel): void {
    const delays = this.#options.retryDelaysMs;
    const delay = delays[Math.min(parcel.attempt, delays.length) - 1];
    if (delay === undefined || parcel.attempt >= greatestAttempts || !this.#stillWanted(parcel)) return;
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      void this.#retry(parcel);
    }, delay);
    timer.unref();
    this.#retries.add(timer);
  }

  async #retry(parcel: Parcel): Promise<void> {
    if (!this.#stillWanted(parcel)) return;
    const receipt = await this.#options.courier.deliver(parcel);
    if (!accepted(receipt)) this.#retryLater(parcel);
  }

  /** Not after the Page has unsubscribed, nor after a reset, which forgets the changes. */
  #stillWanted(parcel: Parcel): boolean {
    const changes = parcel.changeIds.map(id => this.#recorded.get(id)).filter(change => change !== undefined);
    return changes.some(change => whyNotDelivered(this.#options.state(), change) === null);
  }
}
