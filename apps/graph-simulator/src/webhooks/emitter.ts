import type { Agenda } from '../state/agenda.ts';
import { forgetOldest } from '../state/bounded.ts';
import { nowMs } from '../state/clock.ts';
import { nextDraw, nextWord, shuffled } from '../state/sequence.ts';
import type { State } from '../state/state.ts';
import type { Change } from './change.ts';
import type { Courier, Parcel } from './courier.ts';
import { accepted } from './courier.ts';
import type { Health } from './health.ts';
import type { Receipt } from './post.ts';
import { whyNotDelivered } from './subscribed.ts';

const [second, minute, hour] = [1000, 60_000, 3_600_000];
/** Waits between attempts in virtual milliseconds; the last one repeats. At once first, then slower and slower. */
export const usualRetryDelaysMs = [
  ...[0, 1, 2, 5, 10, 10, 10, 10, 15, 30].map(seconds => seconds * second),
  ...[1, 2, 5, 10, 20, 30].map(minutes => minutes * minute),
  ...[1, 2, 4, 6].map(hours => hours * hour),
];
const givenUpAfterMs = 36 * hour;
const greatestAttempts = 500;
// The oldest are forgotten, and can then not be delivered again.
const keptChanges = 100_000;

export type Fate = 'queued' | 'held' | 'no_callback' | 'not_subscribed';

export interface EmitterOptions {
  state: () => State;
  courier: Courier;
  agenda: Agenda;
  health: Health;
  retryDelaysMs: readonly number[];
}

/**
 * Records every change and delivers the subscribed ones. Changes of one Page go out in order, one POST at a time; what
 * piles up meanwhile shares the next POST. A failed POST is tried again beside the others, so order may be lost then.
 */
export class Emitter {
  readonly #options: EmitterOptions;
  readonly #recorded = new Map<string, Change>();
  /** Changes that wait, by Page. A reset puts another map here, by which what was under way knows that it is over. */
  #lanes = new Map<string, Change[]>();
  #total = 0;
  #waiting = 0;
  #retries = 0;
  #underWay = 0;

  constructor(options: EmitterOptions) {
    this.#options = options;
  }

  /** The changes recorded lately, oldest first, delivered or not. */
  get recorded(): readonly Change[] {
    return [...this.#recorded.values()];
  }

  /** Those of them that came after so many since the start. */
  recordedAfter(count: number): readonly Change[] {
    const later: Change[] = [];
    let number = this.forgotten;
    for (const change of this.#recorded.values()) {
      number += 1;
      if (number > count) later.push(change);
    }
    return later;
  }

  /** How many of the first changes are kept no longer. */
  get forgotten(): number {
    return this.#total - this.#recorded.size;
  }

  /** How many changes were recorded since the start. */
  get total(): number {
    return this.#total;
  }

  /** Changes on their way to their first answer, bodies that wait for another attempt, and attempts right now. */
  get pending(): { changes: number; retries: number; underWay: number } {
    return { changes: this.#waiting, retries: this.#retries, underWay: this.#underWay };
  }

  find(id: string): Change | undefined {
    return this.#recorded.get(id);
  }

  /** Records a change without delivering it. */
  record(change: Omit<Change, 'id'>): Change {
    const recorded = { id: nextWord(this.#options.state(), 'change', 'chg_', 12), ...change };
    this.#recorded.set(recorded.id, recorded);
    this.#total += 1;
    forgetOldest(this.#recorded, keptChanges);
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
    this.#waiting += changes.length;
    const lanes = this.#lanes;
    const receipt = await this.#attempt(this.#options.courier.pack(changes));
    if (lanes === this.#lanes) this.#waiting -= changes.length;
    return receipt;
  }

  /** Forgets what was recorded and gives up what waits. */
  clear(): void {
    this.#recorded.clear();
    this.#lanes = new Map();
    [this.#total, this.#waiting, this.#retries, this.#underWay] = [0, 0, 0, 0];
  }

  #enqueue(change: Change): void {
    const { mixed } = this.#options.state().app.knobs.mischief;
    const key = mixed ? '' : change.pageId;
    this.#waiting += 1;
    const lane = this.#lanes.get(key);
    if (lane) {
      lane.push(change);
      return;
    }
    const fresh = [change];
    this.#lanes.set(key, fresh);
    // Not in this turn: Graph answers the call that caused the change before, or while, it tells of it.
    setImmediate(() => this.#empty(key, fresh));
  }

  async #empty(key: string, lane: Change[]): Promise<void> {
    while (lane.length > 0 && this.#lanes.get(key) === lane) {
      const state = this.#options.state();
      const { batch, out_of_order } = state.app.knobs.mischief;
      const leaving = lane.splice(0, batch);
      this.#waiting -= leaving.length;
      // The Page may have unsubscribed while they waited.
      const wanted = leaving.filter(change => whyNotDelivered(state, change) === null);
      if (wanted.length > 0) await this.deliverTogether(out_of_order ? shuffled(state, wanted) : wanted);
    }
    if (this.#lanes.get(key) === lane) this.#lanes.delete(key);
  }

  async #attempt(parcel: Parcel): Promise<Receipt> {
    const lanes = this.#lanes;
    this.#underWay += 1;
    const delivered = this.#options.courier.deliver(parcel);
    this.#options.health.follow(messagingPagesOf(parcel), delivered.then(accepted));
    const receipt = await delivered;
    if (lanes !== this.#lanes) return receipt;
    this.#underWay -= 1;
    if (accepted(receipt)) this.#copy(parcel);
    else this.#retryLater(parcel);
    return receipt;
  }

  #retryLater(parcel: Parcel): void {
    const { agenda, retryDelaysMs } = this.#options;
    const now = nowMs(this.#options.state());
    const delay = retryDelaysMs[Math.min(parcel.attempt, retryDelaysMs.length) - 1] ?? hour;
    if (!this.#mayRetry(parcel, now + delay)) return;
    const lanes = this.#lanes;
    this.#retries += 1;
    agenda.at(now + delay, () => {
      if (lanes !== this.#lanes) return;
      this.#retries -= 1;
      if (this.#isWanted(parcel)) void this.#attempt(parcel);
    });
  }

  /** Changes for thirty-six hours; messaging as often as a knob says, and no longer than until webhooks are disabled. */
  #mayRetry(parcel: Parcel, atMs: number): boolean {
    if (parcel.attempt >= greatestAttempts || !this.#isWanted(parcel)) return false;
    const state = this.#options.state();
    const { messaging_attempts, messaging_disabled_after_minutes } = state.app.knobs;
    parcel.sinceMs ??= nowMs(state);
    const sinceMs = atMs - parcel.sinceMs;
    if (parcel.changes.some(change => change.list === 'changes')) return sinceMs <= givenUpAfterMs;
    const isTooOften = messaging_attempts !== null && parcel.attempt >= messaging_attempts;
    return !isTooOften && sinceMs <= messaging_disabled_after_minutes * minute;
  }

  /** Not after the Pages have unsubscribed. */
  #isWanted(parcel: Parcel): boolean {
    return parcel.changes.some(change => whyNotDelivered(this.#options.state(), change) === null);
  }

  /** Sends what was taken once more, at once or late, as often as the knobs say. Copies are not retried. */
  #copy(parcel: Parcel): void {
    const state = this.#options.state();
    const { duplicates, late_copies, late_copy_seconds } = state.app.knobs.mischief;
    const { courier, agenda } = this.#options;
    if (duplicates > 0 && nextDraw(state, 'duplicate') < duplicates) void courier.deliver(parcel);
    if (late_copies > 0 && nextDraw(state, 'late copy') < late_copies) {
      agenda.at(nowMs(state) + late_copy_seconds * second, () => void courier.deliver(parcel));
    }
  }
}

function messagingPagesOf({ changes }: Parcel): Set<string> {
  return new Set(changes.filter(change => change.list !== 'changes').map(change => change.pageId));
}
