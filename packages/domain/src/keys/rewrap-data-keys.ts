import type { Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import { OrganizationKey } from '../vault/organization-key.ts';
import { type Keeper, tenantOf, unlessGone } from './keeper.ts';

/**
 * Wraps an organization's data keys with the ring's first key, and reads back that this one alone opens them. What
 * they sealed stays as it is.
 * @returns how many were wrapped anew
 * @throws KeyUnavailableError when the ring cannot open one
 */
export async function rewrapDataKeys(keeper: Keeper, organization: Uuid): Promise<number> {
  const { vault } = keeper;
  const rewrapped = await unlessGone(() =>
    withTenant(keeper, tenantOf(organization), async tx => {
      const rows = (await OrganizationKey.query(tx)).filter(row => !vault.isWrappedByFirst(row));
      for (const row of rows) {
        const { kek_id, wrapped } = vault.rewrap(row);
        await OrganizationKey.query(tx).where({ id: row.id, wrapped: row.wrapped }).patch({ kek_id, wrapped });
      }
      return rows.length;
    }),
  );
  if (rewrapped) await reread(keeper, organization);
  return rewrapped ?? 0;
}

async function reread(keeper: Keeper, organization: Uuid): Promise<void> {
  const rows = await unlessGone(() =>
    withTenant(keeper, { ...tenantOf(organization), readOnly: true }, tx => OrganizationKey.query(tx)),
  );
  const old = rows?.find(row => !keeper.vault.isWrappedByFirst(row));
  if (old)
    throw new Error(`A data key of ${organization} is wrapped by ${old.kek_id} again: another run is under way.`);
}
