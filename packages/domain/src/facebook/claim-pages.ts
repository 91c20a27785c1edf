import type { Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { PageTokenFindings } from './examine-login.ts';

/**
 * Claims pages whose live token was just proven. A claim held elsewhere stays; whose it is nobody learns. The claim's
 * unique key decides between two that come at once.
 * @returns the integrations that hold their page's claim now
 */
export async function claimPages(tx: TenantTx, proven: readonly PageTokenFindings[]): Promise<Set<Uuid>> {
  for (const { page } of proven) {
    if (page.holdsClaim) continue;
    // Joined with what it claims for, and that locked: nothing is claimed for what is deactivated at this moment.
    await tx.raw(
      `insert into page_claims (page_id, organization_id, integration_id, generation, claimed_at)
       select p.page_id, p.organization_id, p.id, p.generation, app.now()
       from facebook_page_integrations p
       join integrations i on i.organization_id = p.organization_id and i.id = p.id and i.is_active
       where p.organization_id = ? and p.id = ? and p.page_id = ? and p.generation = ?
       for share of p
       on conflict do nothing`,
      [tx.tenant.organizationId, page.integrationId, page.pageId, page.generation],
    );
  }
  const claims = await tx('page_claims').select('integration_id');
  return new Set(claims.map(claim => claim.integration_id as Uuid));
}
