import type { Services } from '../context.ts';
import { noteKeyUse } from '../tenancy/note-key-use.ts';

const flushMs = 60_000;
const maxGathered = 10_000;

/**
 * When API keys were used last, gathered here and written about once a minute and at the end: `last_used_at` may be a
 * minute late, and costs a request nothing.
 */
export class KeyUse {
  readonly #services: Pick<Services, 'database' | 'log'>;
  readonly #timer: NodeJS.Timeout;
  #gathered = new Set<string>();
  #written: ReadonlySet<string> = new Set();

  constructor(services: Pick<Services, 'database' | 'log'>) {
    this.#services = services;
    this.#timer = setInterval(() => void this.flush(), flushMs).unref();
  }

  /** @param secretHash of a key that its door let in */
  note(secretHash: string): void {
    if (this.#gathered.size < maxGathered) this.#gathered.add(secretHash);
  }

  /** Whether a door of this process let the key in within the last minute or two. */
  isKnown(secretHash: string): boolean {
    return this.#gathered.has(secretHash) || this.#written.has(secretHash);
  }

  async flush(): Promise<void> {
    const hashes = this.#gathered;
    this.#written = hashes;
    this.#gathered = new Set();
    if (hashes.size === 0) return;
    try {
      await noteKeyUse(this.#services.database, [...hashes]);
    } catch (error) {
      // The next time takes them along.
      for (const hash of hashes) this.note(hash);
      this.#services.log.warn({ err: error }, 'last use of API keys not written');
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
