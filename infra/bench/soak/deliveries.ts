import { createHmac, randomBytes } from 'node:crypto';
import type { Arrival } from '../load/arrivals.ts';
import { quietItem } from '../load/quiet-events.ts';

/** How many changes each post of a round has: most have one, a few have many, as Facebook does it. */
const sizes = [1, 1, 2, 1, 1, 5, 1, 1, 20, 1, 2, 1, 1, 12, 1, 5, 1, 2, 1, 40];
const changesPerRound = sizes.reduce((sum, size) => sum + size, 0);
/** The mean. */
export const changesPerPost = changesPerRound / sizes.length;
/** Of one page at a time; the next ones of a post are of the next page. */
const together = 4;

/** Makes signed posts of events that nobody answers, to all pages by turns. */
export class Deliveries {
  readonly #pageIds: readonly string[];
  readonly #appSecret: string;
  readonly #series = randomBytes(6).toString('hex');
  /** How many changes came with posts that were answered with 200. */
  acknowledged = 0;

  constructor(pageIds: readonly string[], appSecret: string) {
    this.#pageIds = pageIds;
    this.#appSecret = appSecret;
  }

  readonly next = (index: number): Arrival => {
    const place = index % sizes.length;
    const before = sizes.slice(0, place).reduce((sum, size) => sum + size, 0);
    const first = Math.floor(index / sizes.length) * changesPerRound + before;
    const size = sizes[place]!;
    const body = JSON.stringify({ object: 'page', entry: this.#entries(first, size) });
    const signature = createHmac('sha256', this.#appSecret).update(body).digest('hex');
    return {
      endpoint: 'POST /webhooks/facebook',
      method: 'POST',
      path: '/webhooks/facebook',
      headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` },
      body,
      take: () => {
        this.acknowledged += size;
      },
    };
  };

  #entries(first: number, size: number): object[] {
    const entries = new Map<string, object[]>();
    for (let number = first; number < first + size; number += 1) {
      const pageId = this.#pageIds[Math.floor(number / together) % this.#pageIds.length]!;
      entries.set(pageId, [...(entries.get(pageId) ?? []), quietItem(this.#series, pageId, number)]);
    }
    return Array.from(entries, ([id, messaging]) => ({ id, time: Date.now(), messaging }));
  }
}
