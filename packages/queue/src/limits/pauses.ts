import type { LimitStore } from './limit-store.ts';

/** How often somebody may guess, and how long they must wait then. */
export interface PausePolicy {
  name: string;
  /** Guesses without any pause. */
  free: number;
  /** The first pause; each one after it is twice as long. */
  firstSeconds: number;
  longestSeconds: number;
  /** When a series of guesses is forgotten. */
  forgetSeconds: number;
}

/** Growing pauses between guesses at one secret. */
export class Pauses {
  readonly policy: PausePolicy;
  readonly #store: LimitStore;

  constructor(store: LimitStore, policy: PausePolicy) {
    this.#store = store;
    this.policy = policy;
  }

  /**
   * Asked before the guess is looked at, and counted by then: a hundred at once get through no faster than one by one.
   * @returns milliseconds to wait; 0: go on
   */
  async begin(key: string): Promise<number> {
    const { free, firstSeconds, longestSeconds, forgetSeconds } = this.policy;
    const { count } = await this.#store.count(this.#guesses(key), 1, forgetSeconds);
    if (count <= free) return 0;
    // Not told by the guesses: for a moment those are among them that are refused below.
    const before = await this.#store.peek(this.#pauses(key));
    const pauseSeconds = Math.min(firstSeconds * 2 ** Math.min(before, 30), longestSeconds);
    const pause = await this.#store.count(this.#pause(key), 1, pauseSeconds);
    if (pause.count === 1) {
      await this.#store.count(this.#pauses(key), 1, forgetSeconds);
      return 0;
    }
    await this.#store.count(this.#guesses(key), -1, forgetSeconds);
    return Math.max(pause.msLeft, 1);
  }

  /** It was no guess: refused for another reason, or not looked at. */
  async takeBack(key: string): Promise<void> {
    const { forgetSeconds } = this.policy;
    await this.#store.count(this.#guesses(key), -1, forgetSeconds);
    if ((await this.#store.peek(this.#pauses(key))) > 0) await this.#store.count(this.#pauses(key), -1, forgetSeconds);
  }

  /** It was right: the next series begins anew. */
  async forget(key: string): Promise<void> {
    const counters = [this.#guesses(key), this.#pause(key), this.#pauses(key)];
    await Promise.all(counters.map(counter => this.#store.forget(counter)));
  }

  readonly #guesses = (key: string) => `${this.policy.name}:${key}`;
  /** Lasts as long as the pause. */
  readonly #pause = (key: string) => `${this.policy.name}-pause:${key}`;
  /** How many pauses there were in this series. */
  readonly #pauses = (key: string) => `${this.policy.name}-pauses:${key}`;
}
