import { raw } from 'objection';
import { audit } from '../audit/audit.ts';
import type { Uuid } from '../ids.ts';
import { FacebookPageIntegration, type PageStatus } from '../integrations/facebook-page-integration.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

const reason = {
  code: 'token_damaged',
  detail: 'A stored token was changed or moved, and does not open any more.',
  fix: 'Connect the page again with a fresh login. Somebody wrote to the database past Pagekeeper: find out who.',
};

/**
 * A login or a page behind it holds a sealed value that does not belong there. Nothing of it is used, and people are
 * told. (A missing key-encryption key is not this: without it no process starts.)
 */
export async function storeDamage(
  tx: TenantTx,
  loginId: Uuid,
): Promise<{ integration_id: Uuid; status: PageStatus }[]> {
  const status = 'needs_reauth';
  const pages = await FacebookPageIntegration.query(tx)
    .where({ login_id: loginId })
    .whereNotNull('next_check_at')
    .patch({
      status,
      status_reason: reason,
      status_since: raw('app.now()') as never,
      last_checked_at: raw('app.now()') as never,
      next_check_at: raw(`app.now() + interval '18 hours'`) as never,
    })
    .returning('id');
  for (const { id } of pages) {
    await audit(tx, {
      action: 'integration.status_changed',
      subject: { type: 'integration', id },
      changes: { status: { to: status }, reason: reason.code },
    });
  }
  return pages.map(({ id }) => ({ integration_id: id, status }));
}
