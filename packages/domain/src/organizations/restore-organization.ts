import { raw } from 'objection';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import { reclaimPages } from '../claims/reclaim-pages.ts';
import type { Context } from '../context.ts';
import { violates } from '../database/errors.ts';
import { DomainError, notFound } from '../errors.ts';
import { refreshLoginJob } from '../jobs.ts';
import { nudgeAll } from '../nudge.ts';
import type { Rendered } from '../resource.ts';
import { withTenant } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { Organization, type OrganizationShape, organizationSlugs } from './organization.ts';
import { showOrganization } from './show-organization.ts';

/**
 * Takes a soft delete back. What was active in it comes back, and its pages are checked at once; what of them cannot be
 * restored stands in their `status_reason`. Where another organization took the slug meanwhile, it gets the next free one.
 * @throws DomainError `slug_taken` where none is free
 */
export async function restoreOrganization(
  ctx: Context,
  input: { organization: string },
): Promise<Rendered<OrganizationShape>> {
  const { shown, checks } = await withTenant(ctx, { ...input, allowInactive: true }, async tx => {
    authorize(tx, 'organization.restore');
    const row = await Organization.query(tx).forNoKeyUpdate().first();
    // A purge that was asked for between the door and here: there is no way back.
    if (!row || row.purge_id) throw notFound('organization');
    const slug = row.is_active ? row.slug : await activate(tx, row);
    const { checks } = row.is_active ? { checks: [] } : await reclaimPages(tx, 'organization');
    const shown = await showOrganization(tx);
    const restored = {
      action: 'organization.restored',
      subject: { type: 'organization', id: row.id },
      changes: slug === row.slug ? {} : { slug: { from: row.slug, to: slug } },
    } as const;
    await audit(tx, row.is_active ? null : restored);
    return { shown, checks };
  });
  await nudgeAll(ctx, refreshLoginJob, checks);
  return shown;
}

// Other tenants' rows are invisible, so a collision shows only as a refusal, which the savepoint takes back.
async function activate(tx: TenantTx, { slug: old, version }: Organization): Promise<string> {
  for (const slug of new Set([old, ...organizationSlugs(old)])) {
    await tx.raw('savepoint activate');
    try {
      await Organization.query(tx).patch({
        slug,
        is_active: true,
        deactivated_at: null,
        version: version + 1,
        updated_at: raw('now()') as never,
      });
      return slug;
    } catch (error) {
      if (!violates(error, 'organizations_slug')) throw error;
      await tx.raw('rollback to savepoint activate');
    }
  }
  throw new DomainError('slug_taken', `The slug ${old} and those like it are taken. Try again.`);
}
