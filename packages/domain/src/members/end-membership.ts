import { raw } from 'objection';
import type { Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { OrganizationMembership } from './organization-membership.ts';
import { passOwnershipOn } from './pass-ownership-on.ts';

/** Ends a membership, softly. The last OWNER's cannot end: the commit fails with `last_owner`. */
export async function endMembership(tx: TenantTx, id: Uuid): Promise<void> {
  await OrganizationMembership.query(tx)
    .where({ id })
    .patch({ is_active: false, updated_at: raw('now()') as never });
  await passOwnershipOn(tx);
}
