import type { Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

/**
 * A page's next generation, and its claim's: a drain or a check that began under the last one stops, and cached routes
 * are stale.
 * @param options.recheck a check follows at once, except for a page that was taken over: nobody checks it any more
 * @returns the page's login; null where the integration has no page
 */
export async function renewGeneration(
  tx: TenantTx,
  integrationId: Uuid,
  { recheck }: { recheck: boolean },
): Promise<Uuid | null> {
  const { organizationId } = tx.tenant;
  const { rows } = await tx.raw(
    `update facebook_page_integrations
     set generation = generation + 1,
       next_check_at = case when ? and next_check_at is not null then least(next_check_at, app.now()) else next_check_at end
     where organization_id = ? and id = ? returning login_id, generation`,
    [recheck, organizationId, integrationId],
  );
  const [page] = rows as { login_id: Uuid; generation: number }[];
  if (!page) return null;
  await tx('page_claims')
    .where({ organization_id: organizationId, integration_id: integrationId })
    .update({ generation: page.generation });
  return page.login_id;
}

/** The same for every claimed page of the organization. */
export async function renewGenerations(tx: TenantTx): Promise<void> {
  const { organizationId } = tx.tenant;
  await tx.raw(
    `with renewed as (
       update facebook_page_integrations p set generation = p.generation + 1
       from page_claims c
       where p.organization_id = ? and c.organization_id = p.organization_id and c.integration_id = p.id
       returning p.id, p.generation
     )
     update page_claims c set generation = renewed.generation from renewed
     where c.organization_id = ? and c.integration_id = renewed.id`,
    [organizationId, organizationId],
  );
}
