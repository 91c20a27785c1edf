import { type Database, knexOf } from '../database/database.ts';
import type { Uuid } from '../ids.ts';
import type { WrappedKey } from '../vault/vault.ts';

/** Where a claimed page's webhooks go. */
export interface PageRoute {
  pageId: string;
  organizationId: Uuid;
  integrationId: Uuid;
  generation: number;
  webhookEnabled: boolean;
  key: WrappedKey;
}

/** The routes of those pages that somebody claims; the others are missing from the answer. */
export async function routePages(database: Database, pageIds: readonly string[]): Promise<PageRoute[]> {
  const { rows } = await knexOf(database).raw('select * from router.route_pages(?)', [pageIds as string[]]);
  return (rows as RouteRow[]).map(row => ({
    pageId: row.page_id,
    organizationId: row.organization_id,
    integrationId: row.integration_id,
    generation: row.generation,
    webhookEnabled: row.webhook_enabled,
    // Copied, since routes are kept, and a piece of a shared buffer keeps all of it alive.
    key: {
      id: row.key_id,
      organization_id: row.organization_id,
      kek_id: row.kek_id,
      wrapped: Uint8Array.from(row.wrapped),
    },
  }));
}

interface RouteRow {
  page_id: string;
  organization_id: Uuid;
  integration_id: Uuid;
  generation: number;
  webhook_enabled: boolean;
  key_id: Uuid;
  kek_id: string;
  wrapped: Buffer;
}
