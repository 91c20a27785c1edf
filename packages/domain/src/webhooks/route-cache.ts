import { gathered } from '@pagekeeper/runtime/gathered';
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
  readonly #open = new LRUCache<string, PageRoute>({ max: 100_000, ttl: 30_000 });
  readonly #ask: (pageIds: readonly string[]) => Promise<Routes>;

  constructor(database: Database) {
    // Deliveries that come at the same moment, or while a query is under way, ask together: however many come for pages
    // that nobody claims, they cost one query at a time.
    this.#ask = gathered(async asked => {
      const routes = await routePages(database, [...new Set(asked.flat())]);
      const byPage: Routes = new Map(routes.map(route => [route.pageId, route]));
      return asked.map(() => byPage);
    });
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

  forget(pageId: string): void {
    this.#open.delete(pageId);
  }
}
