import type * as z from 'zod';
import type { Context } from '../context.ts';
import { activeInput, listInput, pageOf, whereActive } from '../resource.ts';
import { readRows } from '../tenancy/read-rows.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { Business, businessResource } from './business.ts';

export const readBusinessesInput = listInput.extend({ active: activeInput });

type Asked = z.output<typeof readBusinessesInput>;

/** An organization's businesses, newest first, as rows of `businessResource`: one more than the limit where there is. */
export async function readBusinesses(
  ctx: Context,
  { organization, ...asked }: { organization: string } & Asked,
): Promise<Record<string, unknown>[]> {
  return await readRows(ctx, { organization, permission: 'business.read', asked }, asQuery);
}

function asQuery(tx: TenantTx, { active, ...page }: Asked) {
  const query = Business.query(tx);
  whereActive(query, 'businesses.is_active', active);
  return pageOf(query, businessResource, page, 'businesses.id');
}
