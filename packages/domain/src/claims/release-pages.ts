import type { Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

/** What is deactivated or restored: an integration, a business with its integrations, or all of the organization. */
export type PageScope = { integration: Uuid } | { business: Uuid } | 'organization';

/**
 * Lets go of the pages of all active integrations in the scope, before it is made inactive: nobody claims them from
 * now on, work that is under way finds another generation, and our app is taken off them by `sweepUnsubscriptionsJob`.
 * Three statements, however many pages there are.
 * @returns how many claims were freed
 */
export async function releasePages(tx: TenantTx, scope: PageScope): Promise<number> {
  const { organizationId } = tx.tenant;
  const { condition, bindings } = inScope(scope);
  const what = scope === 'organization' ? scope : 'business' in scope ? 'business' : 'integration';
  const reason = { code: 'deactivated', detail: `The ${what} was deactivated.`, fix: `Restore the ${what}.` };
  await planForMany(tx);
  // Generations before claims: a check that claims a page at this moment holds its row, and is waited for.
  const { rows } = await tx.raw(
    `update facebook_page_integrations p
     set status = 'disconnected', status_reason = ?, status_since = app.now(), next_check_at = null,
       generation = p.generation + 1, updated_at = now()
     from integrations i join businesses b on b.organization_id = i.organization_id and b.id = i.business_id
     where p.organization_id = ? and i.organization_id = p.organization_id and i.id = p.id
       and i.is_active and b.is_active and ${condition}
     returning p.id`,
    [JSON.stringify(reason), organizationId, ...bindings],
  );
  const { rowCount } = await tx.raw(
    `with freed as (
       delete from page_claims where organization_id = ? and integration_id = any (?) returning page_id, integration_id
     )
     insert into page_unsubscriptions (organization_id, id, integration_id, page_id, due_at)
     select ?, gen_random_uuid(), integration_id, page_id, app.now() from freed
     on conflict (organization_id, page_id) do update
     set integration_id = excluded.integration_id, page_access_token = null, attempts = 0, due_at = excluded.due_at`,
    [organizationId, rows.map((row: { id: Uuid }) => row.id), organizationId],
  );
  return rowCount;
}

/**
 * For statements that join many rows: where Postgres believes that there are few, it compares each with each (4,000
 * pages: 6 s instead of 0.5). Holds until the end of the transaction.
 */
export async function planForMany(tx: TenantTx): Promise<void> {
  await tx.raw(
    `select set_config('enable_nestloop', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)`,
  );
}

/** A scope as a condition on `i`, a row of `integrations`. */
export function inScope(scope: PageScope): { condition: string; bindings: Uuid[] } {
  if (scope === 'organization') return { condition: 'true', bindings: [] };
  if ('business' in scope) return { condition: 'i.business_id = ?', bindings: [scope.business] };
  return { condition: 'i.id = ?', bindings: [scope.integration] };
}
