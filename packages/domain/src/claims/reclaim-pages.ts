import type { Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { inScope, type PageScope, planForMany } from './release-pages.ts';

/**
 * Makes the pages of all active integrations in the scope due for the check that proves their tokens, claims them and
 * subscribes our app again, after the scope was made active. Until then they are `unverified`; what the check cannot
 * restore stands in `status_reason`.
 * @returns `taken`: integrations that stay deactivated, for another one of this organization has their page by now;
 *   `checks`: of the logins that are due, for `refreshLoginJob`. People wait for them, so they are not left to the sweep,
 *   which rests while the app's calls are nearly used up
 */
export async function reclaimPages(
  tx: TenantTx,
  scope: PageScope,
): Promise<{ taken: Uuid[]; checks: { organization_id: Uuid; login_id: Uuid }[] }> {
  await planForMany(tx);
  const taken = scope !== 'organization' && 'business' in scope ? await leaveTaken(tx, scope.business) : [];
  const { condition, bindings } = inScope(scope);
  const { rows } = await tx.raw(
    `update facebook_page_integrations p
     set status = 'unverified', status_reason = null, status_since = app.now(), next_check_at = app.now(),
       updated_at = now()
     from integrations i join businesses b on b.organization_id = i.organization_id and b.id = i.business_id
     where p.organization_id = ? and i.organization_id = p.organization_id and i.id = p.id
       and i.is_active and b.is_active and ${condition}
     returning p.login_id`,
    [tx.tenant.organizationId, ...bindings],
  );
  const logins = new Set<Uuid>(rows.map((row: { login_id: Uuid }) => row.login_id));
  return { taken, checks: [...logins].map(login_id => ({ organization_id: tx.tenant.organizationId, login_id })) };
}

// While the business was inactive, its pages were free for the organization's other businesses.
async function leaveTaken(tx: TenantTx, business: Uuid): Promise<Uuid[]> {
  const { organizationId } = tx.tenant;
  await lockPages(tx);
  const { rows } = await tx.raw(
    `update integrations i
     set is_active = false, deactivated_at = now(), version = i.version + 1, updated_at = now()
     from facebook_page_integrations p
     where i.organization_id = ? and i.business_id = ? and i.is_active
       and p.organization_id = i.organization_id and p.id = i.id
       and exists (
         select from facebook_page_integrations other_page
         join integrations other on other.organization_id = other_page.organization_id and other.id = other_page.id
         join businesses b on b.organization_id = other.organization_id and b.id = other.business_id
         where other_page.organization_id = p.organization_id and other_page.page_id = p.page_id
           and other.business_id <> i.business_id and other.is_active and b.is_active
       )
     returning i.id`,
    [organizationId, business],
  );
  const ids = rows.map((row: { id: Uuid }) => row.id);
  await tx.raw('update facebook_page_integrations set status_reason = ? where organization_id = ? and id = any (?)', [
    JSON.stringify(takenReason),
    organizationId,
    ids,
  ]);
  return ids;
}

const takenReason = {
  code: 'page_taken',
  detail: 'Another integration of this organization took the page meanwhile.',
  fix: 'Deactivate that one, then restore this one.',
};

/**
 * Before somebody looks whether a page is free in this organization: two at once would not see each other's row, and
 * whoever comes second waits for the first's end.
 * @param pageId one page; without it all of the organization's
 */
export async function lockPages(tx: TenantTx, pageId?: string): Promise<void> {
  const { organizationId } = tx.tenant;
  if (pageId === undefined) {
    await tx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`pages ${organizationId}`]);
    return;
  }
  await tx.raw(
    `select pg_advisory_xact_lock_shared(hashtextextended(?, 0)), pg_advisory_xact_lock(hashtextextended(?, 0))`,
    [`pages ${organizationId}`, `page ${organizationId} ${pageId}`],
  );
}
