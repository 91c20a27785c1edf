import type { Change } from '@pagekeeper/facebook/webhook-payload';
import type { Log } from '@pagekeeper/runtime/log';
import type { Services } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { PageRoute } from '../tenancy/route-pages.ts';
import { KeyUnavailableError, type Vault, VaultError } from '../vault/vault.ts';
import { eventIdOf } from './event-id.ts';
import { type EventRow, type EventStore, type EventStoreOptions, openEventStore } from './event-store.ts';
import { createNudger, type Nudger } from './nudger.ts';
import { RouteCache } from './route-cache.ts';
import { payloadOf } from './webhook-event.ts';

/** Counters since the start, for metrics and tests. */
export interface InboxCounts {
  stored: number;
  duplicates: number;
  /** Changes of pages that nobody here claims. */
  unknownPage: number;
  /** Changes of pages whose integration has `webhook_enabled: false`. */
  disabled: number;
  /** Changes that were refused since their page changed hands while they were under way. */
  moved: number;
}

/** With the app role's URL: the inbox has two connections of its own. */
export type InboxOptions = Pick<Services, 'database' | 'vault' | 'queue'> & EventStoreOptions;

/** Changes that a process holds until they are committed. */
const maxWaiting = 20_000;

interface InboxRow extends EventRow {
  change: Change;
}

/**
 * Takes verified deliveries and stores their changes, sealed, one row each: many deliveries in one commit, all tenants
 * in one statement. What `accept` resolves for is committed.
 */
export class Inbox {
  readonly counts: InboxCounts = { stored: 0, duplicates: 0, unknownPage: 0, disabled: 0, moved: 0 };
  readonly #vault: Vault;
  readonly #log: Log;
  readonly #routes: RouteCache;
  readonly #store: EventStore;
  readonly #nudger: Nudger;
  #waiting = 0;

  constructor({ database, databaseUrl, namedStatements, vault, queue, log }: InboxOptions) {
    this.#vault = vault;
    this.#log = log;
    this.#routes = new RouteCache(database);
    this.#store = openEventStore({ databaseUrl, namedStatements, log });
    this.#nudger = createNudger(queue, log);
  }

  /**
   * Resolves when every change of the delivery is committed, or is none of ours.
   * @throws DomainError `unavailable` when it is not: the sender must try again
   */
  async accept(changes: readonly Change[]): Promise<void> {
    if (this.#waiting >= maxWaiting) throw new DomainError('unavailable', 'Too many deliveries are waiting.');
    this.#waiting += changes.length;
    try {
      const moved = await this.#storeAll(changes);
      if (moved.length === 0) return;
      // Cached too long: the page's claim moved on. Once more with the route of this moment.
      const again = await this.#storeAll(
        moved.map(({ change }) => change),
        { afresh: true },
      );
      this.counts.moved += again.length;
      if (again.length > 0) throw new DomainError('unavailable', 'A page changes hands at this moment.');
    } finally {
      this.#waiting -= changes.length;
    }
  }

  /** Changes that wait for their route, for a statement, or for its commit. */
  get waiting(): number {
    return this.#waiting;
  }

  async close(): Promise<void> {
    await this.#store.close();
    await this.#nudger.close();
  }

  /**
   * Returns the rows whose route was stale.
   * @throws DomainError `unavailable` after all others are stored, when a tenant's data key cannot be used
   */
  async #storeAll(changes: readonly Change[], { afresh = false } = {}): Promise<InboxRow[]> {
    // Nearly always they are known, and then nothing is waited for.
    const missing = afresh || changes.some(({ pageId }) => !this.#routes.known(pageId));
    const routes = missing && (await this.#routes.routesOf(new Set(changes.map(change => change.pageId)), { afresh }));
    const rows: InboxRow[] = [];
    let unsealed = 0;
    for (const change of changes) {
      const route = routes ? routes.get(change.pageId) : this.#routes.known(change.pageId);
      if (!route) this.counts.unknownPage += 1;
      else if (!route.webhookEnabled) this.counts.disabled += 1;
      else {
        const row = this.#trySeal(change, route);
        if (row) rows.push(row);
        else unsealed += 1;
      }
    }
    const outcomes = rows.length > 0 ? await this.#store.insert(rows) : [];
    const stale = rows.filter((row, index) => this.#settle(row, outcomes[index]!));
    // One tenant's broken key holds nobody else up; what could not be stored is not acknowledged.
    if (unsealed > 0) throw new DomainError('unavailable', 'A data key cannot be used now.');
    return stale;
  }

  /** Null where the tenant's data key does not open. */
  #trySeal(change: Change, route: PageRoute): InboxRow | null {
    try {
      return this.#seal(change, route);
    } catch (error) {
      if (!(error instanceof VaultError || error instanceof KeyUnavailableError)) throw error;
      // The key comes with the route.
      this.#routes.forget(change.pageId);
      this.#log.error({ err: error, organization_id: route.organizationId }, 'an event could not be sealed');
      return null;
    }
  }

  /** Counts one row's outcome; true when its route was stale. */
  #settle(row: EventRow, outcome: 'stored' | 'duplicate' | 'stale'): boolean {
    if (outcome === 'stale') return true;
    this.counts[outcome === 'stored' ? 'stored' : 'duplicates'] += 1;
    if (outcome === 'stored') this.#nudger.nudge(row.organizationId, row.integrationId);
    return false;
  }

  #seal(change: Change, { organizationId, integrationId, generation, key }: PageRoute): InboxRow {
    const { pageId, kind, personId, threadId } = change;
    const id = eventIdOf(this.#vault, change);
    const payload = Buffer.from(JSON.stringify(change.payload) ?? 'null');
    return {
      change,
      id,
      pageId,
      organizationId,
      integrationId,
      generation,
      kind,
      personHash: personId === null ? null : this.#vault.hash('person', organizationId, personId),
      threadHash: threadId === null ? null : this.#vault.hash('thread', organizationId, pageId, threadId),
      payload: this.#vault.seal(this.#vault.unwrap(key), payloadOf(id), payload).bytes(),
    };
  }
}
