import { setTimeout as sleep } from 'node:timers/promises';
import { EventReader } from '@pagekeeper/testing/network/event-reader';
import type { System } from '../system.ts';
import type { Tenant } from '../tenants.ts';

const lookEveryMs = 500;
/** Every tenant has events all the time, and the api looks for them once a second. */
const mostSilentMs = 30_000;

/** A console of each tenant that watches events come, all the time. */
export class Watchers {
  readonly #places: readonly { url: URL; headers: Record<string, string> }[];
  #readers: EventReader[] = [];
  /** When each of them was last told of an event, or counted as silent. */
  #heardAt: number[] = [];
  #watching: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Events that they were told. */
  told = 0;
  /** Streams that could not be opened, broke off before their time was up, or were silent for half a minute. */
  readonly failures = new Map<string, number>();

  constructor(system: System, tenants: readonly Tenant[]) {
    this.#places = tenants.map(({ organization, cookie }) => ({
      url: new URL(`http://127.0.0.1:${system.apiPort}/v1/organizations/${organization}/events/stream`),
      headers: { Cookie: cookie },
    }));
  }

  async open(): Promise<void> {
    this.#readers = await Promise.all(this.#places.map(({ url, headers }) => EventReader.open(url, headers)));
    this.#heardAt = this.#readers.map(() => performance.now());
    this.#watching = this.#watch();
    // Told by close.
    this.#watching.catch(() => {});
  }

  /** @throws Error when a stream could not be opened again */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#watching;
    for (const reader of this.#readers) reader.close();
  }

  async #watch(): Promise<void> {
    while (!this.#isClosed) {
      await sleep(lookEveryMs);
      await this.#look();
    }
  }

  /** Takes what came, so that it does not pile up here, and connects again where a stream's time was up. */
  async #look(): Promise<void> {
    for (const [index, reader] of this.#readers.entries()) {
      this.#hear(index, reader.events.splice(0).length);
      const { status } = reader.answer;
      if (status !== 200) this.#fail(String(status));
      else if (reader.end === 'cut') this.#fail('cut');
      else if (reader.end === null) continue;
      const { url, headers } = this.#places[index]!;
      this.#readers[index] = await EventReader.open(url, headers);
    }
  }

  #hear(index: number, events: number): void {
    this.told += events;
    const isSilent = events === 0 && performance.now() - this.#heardAt[index]! > mostSilentMs;
    if (isSilent) this.#fail('silent');
    if (isSilent || events > 0) this.#heardAt[index] = performance.now();
  }

  #fail(how: string): void {
    const failure = `GET /v1/organizations/{organization}/events/stream ${how}`;
    this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
  }
}
