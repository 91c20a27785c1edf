import { raw } from 'objection';
import * as z from 'zod';
import { authorize } from '../access/authorize.ts';
import { audit } from '../audit/audit.ts';
import { releasePages } from '../claims/release-pages.ts';
import type { Context } from '../context.ts';
import { DomainError, notFound } from '../errors.ts';
import { newId, type Uuid } from '../ids.ts';
import { eraseOrganizationJob, sweepUnsubscriptionsJob } from '../jobs.ts';
import { nudge } from '../nudge.ts';
import { Organization } from '../organizations/organization.ts';
import type { Rendered } from '../resource.ts';
import type { UserActor } from '../tenancy/actor.ts';
import { withTenantToErase } from '../tenancy/doors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { PurgeShape } from './purge.ts';
import { showPurge } from './show-purge.ts';

export const purgeOrganizationInput = z.strictObject({
  confirm: z.string().max(100).describe("The organization's slug: everything of it will be erased for good."),
});

/**
 * Asks for an organization to be erased, with all that belongs to it and its keys. It is gone for everybody at once;
 * a job does the rest, and there is no way back.
 * @throws DomainError `invalid_request` when `confirm` is not the slug
 */
export async function purgeOrganization(
  ctx: Context<UserActor>,
  { organization, confirm }: { organization: string } & z.output<typeof purgeOrganizationInput>,
): Promise<Rendered<PurgeShape>> {
  const purge_id = newId();
  const { shown, id } = await withTenantToErase(ctx, { organization }, async tx => {
    authorize(tx, 'organization.purge');
    const row = await Organization.query(tx).forNoKeyUpdate().first();
    // Another owner may have asked a moment ago.
    if (!row || row.purge_id) throw notFound('organization');
    if (row.slug !== confirm) throw notTheSlug();
    await closeForGood(tx, ctx.actor.userId, purge_id);
    const shown = await showPurge(tx, purge_id);
    await audit(tx, { action: 'organization.purge_asked', subject: { type: 'organization', id: row.id } });
    return { shown, id: row.id };
  });
  // A dump that is restored brings it back, and its own audit log went with it.
  ctx.log.info({ organization_id: id, purge_id, request_id: ctx.requestId }, 'an organization was purged');
  await nudge(ctx, sweepUnsubscriptionsJob, {});
  await nudge(ctx, eraseOrganizationJob, { purge_id });
  return shown;
}

const notTheSlug = () =>
  new DomainError('invalid_request', 'What was confirmed is not this organization.', [
    { pointer: '/confirm', code: 'not_the_slug', detail: "Repeat the organization's slug, letter by letter." },
  ]);

async function closeForGood(tx: TenantTx, userId: Uuid, purge_id: Uuid): Promise<void> {
  await releasePages(tx, 'organization');
  await tx.raw(
    `insert into organization_purges (id, organization, user_id, pages_left)
     select ?, ?, ?, count(*) from page_unsubscriptions where organization_id = ?`,
    [purge_id, tx.tenant.organizationId, userId, tx.tenant.organizationId],
  );
  await Organization.query(tx).patch({
    is_active: false,
    deactivated_at: raw('coalesce(deactivated_at, now())') as never,
    purge_id,
    version: raw('version + 1') as never,
    updated_at: raw('now()') as never,
  });
}
