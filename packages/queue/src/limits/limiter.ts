import type { LimitStore } from './limit-store.ts';

/** So many points in each window of so many seconds. */
export interface LimitPolicy {
  /** One word: headers and keys have it. */
  name: string;
  points: number;
  seconds: number;
}

export interface Verdict {
  policy: LimitPolicy;
  allowed: boolean;
  /** Points left in this window, as far as this process knows. */
  remaining: number;
  /** Until the window ends. */
  resetMs: number;
}

/** What this process took from the store for one key, and has not spent yet. */
interface Share {
  left: number;
  /** What the store had left when it was asked last. */
  unclaimed: number;
  isSpent: boolean;
  endsAt: number;
  filling: Promise<void> | null;
}

const maxKeys = 10_000;

/**
 * Counts points per key. They are taken from the store in chunks of a fiftieth of the limit and spent here, so that a
 * busy caller does not pay a round trip with each request; what another process holds unspent is lost to its window.
 * Limits below 100 are exact.
 */
export class Limiter {
  readonly policy: LimitPolicy;
  readonly #store: LimitStore;
  readonly #chunk: number;
  readonly #shares = new Map<string, Share>();

  constructor(store: LimitStore, policy: LimitPolicy) {
    this.#store = store;
    this.policy = policy;
    this.#chunk = Math.max(1, Math.floor(policy.points / 50));
  }

  /** Takes a point, if there is one left. */
  async take(key: string): Promise<Verdict> {
    const share = this.#shareOf(key);
    // At most 51 times until the window is spent; the others wait along.
    while (share.left === 0 && !share.isSpent) {
      share.filling ??= this.#fill(key, share);
      await share.filling;
    }
    const allowed = share.left > 0;
    if (allowed) share.left -= 1;
    return this.#verdict(share, allowed);
  }

  /** What this process knows, without counting or asking: `allowed` is false where the next `take` is surely refused. */
  look(key: string): Verdict {
    const share = this.#shares.get(key);
    if (share && share.endsAt > Date.now()) return this.#verdict(share, share.left > 0 || !share.isSpent);
    const { points, seconds } = this.policy;
    return { policy: this.policy, allowed: true, remaining: points, resetMs: seconds * 1_000 };
  }

  /** What the store knows of all processes, without counting: a round trip. */
  async ask(key: string): Promise<Verdict> {
    const { name, points, seconds } = this.policy;
    const { count, msLeft } = await this.#store.count(`${name}:${key}`, 0, seconds);
    return { policy: this.policy, allowed: count < points, remaining: Math.max(points - count, 0), resetMs: msLeft };
  }

  #verdict({ left, unclaimed, endsAt }: Share, allowed: boolean): Verdict {
    const resetMs = Math.max(endsAt - Date.now(), 0);
    return { policy: this.policy, allowed, remaining: left + unclaimed, resetMs };
  }

  #shareOf(key: string): Share {
    const known = this.#shares.get(key);
    if (known && (known.filling || known.endsAt > Date.now())) return known;
    const share = { left: 0, unclaimed: 0, isSpent: false, endsAt: 0, filling: null };
    this.#shares.delete(key);
    this.#shares.set(key, share);
    // The oldest goes first. It loses what it had not spent, which is a fiftieth at most.
    if (this.#shares.size > maxKeys) this.#shares.delete(this.#shares.keys().next().value!);
    return share;
  }

  async #fill(key: string, share: Share): Promise<void> {
    const { name, points, seconds } = this.policy;
    try {
      const { count, msLeft } = await this.#store.count(`${name}:${key}`, this.#chunk, seconds);
      share.left = Math.min(Math.max(points - (count - this.#chunk), 0), this.#chunk);
      share.unclaimed = Math.max(points - count, 0);
      share.isSpent = count >= points;
      share.endsAt = Date.now() + msLeft;
    } finally {
      share.filling = null;
    }
  }
}
