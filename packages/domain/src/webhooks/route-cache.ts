import { LRUCache } from 'lru-cache';
import type { Database } from '../database/database.ts';
import { type PageRoute, routePages } from '../tenancy/route-pages.ts';

const openTtlMs = 30_000;
/** Short: a page that is connected or switched on just now shall not miss its first events for long. */
const closedTtlMs = 2_000;

/**
 * Routes by page, kept for a while. May be late, never wrong: the insert joins the claim's generation, which is another
 * one once the page was moved, released or switched off, and hands stale rows back.
 */
export class RouteCache {
  readonly #database: Database;
  readonly #routes = new LRUCache<string, { route: PageRoute | null }>({ max: 100_000 });
  /** Pages that the next query asks for, and its answer. */
  readonly #wanted = new Set<string>();
  #next: Promise<ReadonlyMap<string, PageRoute>> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The route of a page as it was known a moment ago; undefined where it must be asked for. */
  known(pageId: string): PageRoute | null | undefined {
    return this.#routes.get(pageId)?.route;
  }

  /**
   * The route of each page; null where nobody claims it. One query for all that are not known.
   * @param options.afresh what is known counts as too old
   */
  async routesOf(pageIds: Iterable<string>, { afresh = false } = {}): Promise<Map<string, PageRoute | null>> {
    const found = new Map<string, PageRoute | null>();
    const missing: string[] = [];
    for (const pageId of pageIds) {
      const known = afresh ? undefined : this.#routes.get(pageId);
      if (known) found.set(pageId, known.route);
      else missing.push(pageId);
    }
    if (missing.length === 0) return found;
    const routes = await this.#ask(missing);
    for (const pageId of missing) {
      const route = routes.get(pageId) ?? null;
      this.#routes.set(pageId, { route }, { ttl: route?.webhookEnabled ? openTtlMs : closedTtlMs });
      found.set(pageId, route);
    }
    return found;
  }

  /** Deliveries that come at the same moment ask together: with many pages, most of them have one that is not known. */
  #ask(pageIds: readonly string[]): Promise<ReadonlyMap<string, PageRoute>> {
    for (const pageId of pageIds) this.#wanted.add(pageId);
    this.#next ??= new Promise(resolve => setImmediate(resolve)).then(async () => {
      const asked = [...this.#wanted];
      this.#wanted.clear();
      this.#next = undefined;
      return new Map((await routePages(this.#database, asked)).map(route => [route.pageId, route]));
    });
    return this.#next;
  }

  forget(pageId: string): void {
    this.#routes.delete(pageId);
  }
}
