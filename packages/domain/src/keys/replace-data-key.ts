import { raw } from 'objection';
import { audit } from '../audit/audit.ts';
import { renewGenerations } from '../claims/renew-generation.ts';
import type { Uuid } from '../ids.ts';
import { withTenant } from '../tenancy/doors.ts';
import { OrganizationKey } from '../vault/organization-key.ts';
import { type Keeper, tenantOf, unlessGone } from './keeper.ts';

/**
 * Gives an organization a new data key, unless it has had one since the rotation began. From the commit on everything
 * is sealed by it: what kept the old one in memory (routes of the inbox, drains under way) goes by the generation of
 * the pages, and that is another one now. The old key stays, for what it sealed.
 */
export async function replaceDataKey(keeper: Keeper, organization: Uuid, rotation: Uuid): Promise<void> {
  const { vault } = keeper;
  await unlessGone(() =>
    withTenant(keeper, tenantOf(organization), async tx => {
      const old = await OrganizationKey.query(tx)
        .findOne({ is_current: true })
        .where('created_at', '<', raw('(select started_at from key_rotations where id = ?)', rotation) as never)
        .forUpdate();
      if (!old) return;
      await OrganizationKey.query(tx).where({ id: old.id }).patch({ is_current: false });
      await OrganizationKey.query(tx).insert(vault.createDataKey(organization));
      await renewGenerations(tx);
      await audit(tx, { action: 'organization.key_replaced', subject: { type: 'organization', id: organization } });
    }),
  );
}
