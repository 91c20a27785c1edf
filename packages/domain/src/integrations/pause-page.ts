import type { Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

/**
 * Leaves the page alone for a while, since Facebook or a dead token asks for it: the page that it was then. Business time,
 * like all its times. A longer rest stands, with its reason.
 */
export async function pausePage(
  tx: TenantTx,
  { integrationId, pageId }: { integrationId: Uuid; pageId: string },
  waitMs: number,
  reason: string,
): Promise<void> {
  await tx.raw(
    `update facebook_page_integrations p set pause_reason = ?, paused_until = rest.until
     from (select app.now() + ? * interval '1 millisecond' as until) rest
     where p.organization_id = ? and p.id = ? and p.page_id = ? and (p.paused_until is null or p.paused_until < rest.until)`,
    [reason.slice(0, 500), waitMs, tx.tenant.organizationId, integrationId, pageId],
  );
}
