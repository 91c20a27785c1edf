import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Database } from '../database/database.ts';
import { type PageRoute, routePages } from '../tenancy/route-pages.ts';

type Routes = ReadonlyMap<string, PageRoute>;

/**
 * Open routes by page, kept for a while. May be late, never wrong: the insert joins the claim's generation, which is
 * another one once the page was moved, released or switched off, and hands stale rows back. Closed ones are asked for
 * each time: no insert would find them stale, and a page that was connected a moment ago would miss its first events.
 */
export class RouteCache {
  readonly #database: Database;
  readonly #open = new LRUCache<string, PageRoute>({ max: 100_000, ttl: 30_000 });
  /** Pages that the next query asks for, and its answer. */
  readonly #wanted = new Set<string>();
  #next: Promise<Routes> | undefined;
  /** Ends with the last query. */
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The open route of a page as it was known a moment ago; undefined where it must be asked for. */
  known(pageId: string): PageRoute | undefined {
    return this.#open.get(pageId);
  }

  /**
   * The routes of those pages that somebody claims. One query for all that are not known.
   * @param options.afresh what is known counts as too old
   */
  async routesOf(pageIds: Iterable<string>, { afresh = false } = {}): Promise<Routes> {
    const found = new Map<string, PageRoute>();
    const missing: string[] = [];
    for (const pageId of pageIds) {
      const known = afresh ? undefined : this.#open.get(pageId);
      if (known) found.set(pageId, known);
      else missing.push(pageId);
    }
    if (missing.length === 0) return found;
    const routes = await this.#ask(missing);
    for (const pageId of missing) {
      const route = routes.get(pageId);
      if (route) found.set(pageId, route);
      if (route?.webhookEnabled) this.#open.set(pageId, route);
      else this.#open.delete(pageId);
    }
    return found;
  }

  /**
   * Deliveries that come at the same moment, or while a query is under way, ask together: however many come for pages
   * that nobody claims, they cost one query at a time.
   */
  #ask(pageIds: readonly string[]): Promise<Routes> {
    for (const pageId of pageIds) this.#wanted.add(pageId);
    if (!this.#next) {
      this.#next = Promise.all([nextTurn(), this.#underWay]).then(async () => {
        const asked = [...this.#wanted];
        this.#wanted.clear();
        this.#next = undefined;
        return new Map((await routePages(this.#database, asked)).map(route => [route.pageId, route]));
      });
      // Whoever asked hears of its failure.
      this.#underWay = this.#next.catch(() => {});
    }
    return this.#next;
  }

  forget(pageId: string): void {
    this.#open.delete(pageId);
  }
}
