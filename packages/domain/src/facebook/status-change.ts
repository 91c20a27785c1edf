import { audit } from '../audit/audit.ts';
import type { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { Verdict } from './judge-page.ts';

/** What the audit log calls a change of a page's status. It has an index of its own. */
export const statusChanged = 'integration.status_changed';

/** The page's history is made of these (`list-status-changes.ts`). */
export async function noteChange(
  tx: TenantTx,
  before: FacebookPageIntegration,
  { status, reason }: Verdict,
  since: Date,
): Promise<void> {
  if (before.status === status && (before.status_reason?.code ?? null) === (reason?.code ?? null)) return;
  await audit(tx, {
    action: statusChanged,
    subject: { type: 'integration', id: before.id },
    changes: {
      status: { from: before.status, to: status },
      reason: reason?.code ?? null,
      ...(reason && { detail: reason.detail }),
      since: since.toISOString(),
    },
  });
}
