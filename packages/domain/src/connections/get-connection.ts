import { authorize } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { type Rendered, taggedByContent } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import {
  type ConnectionShape,
  type FacebookConnection,
  findConnection,
  presentConnection,
} from './facebook-connection.ts';
import { integrationsByPage } from './integrations-by-page.ts';

/** What came of a way through the dialog: the pages to pick from, and what is missing and why. */
export async function getConnection(
  ctx: Context,
  { organization, connection: reference }: { organization: string; connection: string },
): Promise<Rendered<ConnectionShape>> {
  return await withTenant(ctx, { organization, readOnly: true }, async tx => {
    authorize(tx, 'connection.read');
    return await show(tx, await findConnection(tx, reference));
  });
}

async function show(tx: TenantTx, connection: FacebookConnection): Promise<Rendered<ConnectionShape>> {
  const ids = connection.pages.map(({ page_id }) => page_id);
  return taggedByContent(JSON.stringify(presentConnection(connection, await integrationsByPage(tx, ids))));
}
