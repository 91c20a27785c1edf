import type { TenantTx } from '../tenancy/tenant-tx.ts';

/** The lock of the trigger that keeps an OWNER: whoever holds it changes `owner_id` alone. */
export async function lockOwners(tx: TenantTx): Promise<void> {
  await tx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`owners ${tx.tenant.organizationId}`]);
}

/**
 * The organization's `owner_id` follows its OWNERs: when its holder is none any more, the longest-serving one gets it.
 * Under the lock: an heir could be losing the role at the same moment.
 */
export async function passOwnershipOn(tx: TenantTx): Promise<void> {
  await lockOwners(tx);
  await tx.raw(
    `update organizations o set owner_id = heir.user_id, version = o.version + 1, updated_at = now()
     from (
       select m.user_id from organization_memberships m
       where m.organization_id = ? and m.role = 'OWNER' and m.is_active order by m.created_at, m.id limit 1
     ) as heir
     where o.id = ? and not exists (
       select from organization_memberships m
       where m.organization_id = o.id and m.user_id = o.owner_id and m.role = 'OWNER' and m.is_active
     )`,
    [tx.tenant.organizationId, tx.tenant.organizationId],
  );
}
