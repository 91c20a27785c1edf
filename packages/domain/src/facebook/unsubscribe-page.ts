import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { pageAccessTokenOf } from '../integrations/store-facebook-page.ts';
import { isGone, withTenant } from '../tenancy/doors.ts';
import { routePages } from '../tenancy/route-pages.ts';
import { dataKeyOf } from '../vault/organization-key.ts';
import { VaultError } from '../vault/vault.ts';

/** Takes our app off a page that nobody here claims any more. A token that is dead by now needs nothing. */
export async function unsubscribePage(
  ctx: Context,
  { organization_id, integration_id }: { organization_id: Uuid; integration_id: Uuid },
): Promise<'unsubscribed' | 'claimed' | 'refused' | 'gone'> {
  try {
    const page = await withTenant(ctx, { organization: organization_id, readOnly: true }, async tx => {
      const row = await FacebookPageIntegration.query(tx).findOne({ id: integration_id });
      if (!row) return null;
      const key = await dataKeyOf(tx, ctx.vault, row.page_access_token);
      return { pageId: row.page_id, token: ctx.vault.open(key, pageAccessTokenOf(row.id), row.page_access_token) };
    });
    if (!page) return 'gone';
    // Subscriptions belong to app and page: taking it off would silence whoever claimed the page since.
    if ((await routePages(ctx.database, [page.pageId])).length > 0) return 'claimed';
    const result = await ctx.graph.unsubscribePage(page.token, page.pageId);
    if (result.ok) return 'unsubscribed';
    if (['TRANSIENT', 'AMBIGUOUS'].includes(result.error.outcome)) throw new Error(result.error.message);
    return 'refused';
  } catch (error) {
    if (isGone(error)) return 'gone';
    // Its token was erased, or somebody changed it: nothing can be said with it.
    if (error instanceof VaultError) return 'refused';
    throw error;
  }
}
