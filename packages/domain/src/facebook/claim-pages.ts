import type { Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { LeasedPage } from './lease-login.ts';

/**
 * Claims pages whose live token was just proven, in the order of their ids, so that two who claim the same pages do not
 * lock each other. A claim held elsewhere stays; whose it is nobody learns.
 * @returns the integrations that hold their page's claim now
 */
export async function claimPages(
  tx: TenantTx,
  proven: readonly Pick<LeasedPage, 'integrationId' | 'generation'>[],
): Promise<Set<Uuid>> {
  const ids = proven.map(page => page.integrationId);
  const generations = proven.map(page => page.generation);
  // Joined with what it claims for, and locked: nothing is claimed for what is being deactivated.
  await tx.raw(
    `insert into page_claims (page_id, organization_id, integration_id, generation, claimed_at)
     select p.page_id, p.organization_id, p.id, p.generation, app.now()
     from unnest(?::uuid[], ?::integer[]) as given (id, generation)
     join facebook_page_integrations p on p.organization_id = ? and p.id = given.id and p.generation = given.generation
     join integrations i on i.organization_id = p.organization_id and i.id = p.id and i.is_active
     join businesses b on b.organization_id = i.organization_id and b.id = i.business_id and b.is_active
     join organizations o on o.id = b.organization_id and o.is_active
     order by p.page_id for share of o, b, i, p
     on conflict do nothing`,
    [ids, generations, tx.tenant.organizationId],
  );
  const held: Uuid[] = await tx('page_claims')
    .where({ organization_id: tx.tenant.organizationId })
    .whereIn('integration_id', ids)
    .pluck('integration_id');
  return new Set(held);
}
