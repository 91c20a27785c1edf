import type * as z from 'zod';
import type { Context } from '../context.ts';
import { activeInput, type List, listInput, pageOf, type Rendered, renderPage } from '../resource.ts';
import { readRows } from '../tenancy/read-rows.ts';
import { ApiKey, type ApiKeyShape, apiKeyResource, isActive } from './api-key.ts';

export const listApiKeysInput = listInput.extend({
  active: activeInput.describe('Revoked and expired ones: shown with `false` or `any`.'),
});

/** An organization's API keys, newest first. */
export async function listApiKeys(
  ctx: Context,
  { organization, active, ...page }: { organization: string } & z.output<typeof listApiKeysInput>,
): Promise<Rendered<List<ApiKeyShape>>> {
  const rows = await readRows(ctx, { organization, permission: 'api_key.read' }, tx => {
    const query = ApiKey.query(tx);
    if (active !== 'any') query.whereRaw(active === 'true' ? isActive : `not ${isActive}`);
    return pageOf(query, apiKeyResource, page, 'api_keys.id');
  });
  return renderPage(rows, apiKeyResource, page.limit);
}
