import { audit } from '../audit/audit.ts';
import { recordNotification } from '../notifications/record-notification.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { FacebookPageIntegration } from './facebook-page-integration.ts';

/**
 * Tells an organization that its page was taken over, by mail and audit log, once. Not by whom.
 * @param page as it was then: whatever the integration gets next is not what was taken
 */
export async function tellMoved(tx: TenantTx, page: FacebookPageIntegration): Promise<void> {
  const { id, page_id, page_name, moved_at } = page;
  if (!moved_at) return;
  await FacebookPageIntegration.query(tx).where({ id }).patch({ moved_at: null });
  await recordNotification(tx, {
    integrationId: id,
    kind: 'moved',
    episode: moved_at,
    detail: {
      page_name: page_name || page_id,
      detail: 'It was connected to another account.',
      fix: 'If that was not meant, a person who manages the page connects it here again, and takes it over.',
    },
  });
  await audit(tx, {
    action: 'integration.page_moved_away',
    subject: { type: 'integration', id },
    changes: { page_id },
  });
}
