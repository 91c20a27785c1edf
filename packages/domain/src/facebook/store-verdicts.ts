import type { PageDetails } from '@pagekeeper/facebook/graph-client';
import { raw } from 'objection';
import { audit } from '../audit/audit.ts';
import type { Uuid } from '../ids.ts';
import { FacebookLogin } from '../integrations/facebook-login.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { accessTokenOf, pageAccessTokenOf } from '../integrations/store-facebook-page.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { currentDataKey } from '../vault/organization-key.ts';
import type { Vault } from '../vault/vault.ts';
import type { LoginFindings, PageTokenFindings } from './examine-login.ts';
import { usableStatuses, type Verdict } from './judge-page.ts';
import type { LeasedLogin } from './lease-login.ts';

export interface PageVerdict {
  found: PageTokenFindings;
  verdict: Verdict;
  details: PageDetails | null;
  /** The check held the page's claim, and its events are wanted: it may have subscribed our app. */
  maySubscribe: boolean;
}

/** Statuses that are our doing end at once; a healthy login is asked again before a day has passed. */
const nextCheck = () => raw(`app.now() + interval '18 hours' + random() * interval '2 hours'`) as never;

/**
 * Stores what a check found, by compare-and-set: on the login's lease, and on each page's generation. A page whose
 * tokens were replaced meanwhile keeps what the replacement says.
 * @returns integrations whose token works again and whose parked events now wait for a drain, and the pages that
 *   changed hands or tokens meanwhile
 */
export async function storeVerdicts(
  tx: TenantTx,
  vault: Vault,
  login: LeasedLogin,
  findings: LoginFindings,
  verdicts: readonly PageVerdict[],
): Promise<{ revived: Uuid[]; overtaken: readonly PageVerdict[] }> {
  if (!(await storeLogin(tx, vault, login, findings))) return { revived: [], overtaken: verdicts };
  const revived: Uuid[] = [];
  const overtaken: PageVerdict[] = [];
  for (const pageVerdict of verdicts) {
    const stored = await storePage(tx, vault, pageVerdict);
    if (!stored) overtaken.push(pageVerdict);
    else if (usableStatuses.includes(pageVerdict.verdict.status)) {
      const id = pageVerdict.found.page.integrationId;
      const unparked = await tx('webhook_events')
        .where({ organization_id: tx.tenant.organizationId, integration_id: id, state: 'parked' })
        .update({ state: 'pending', reason: null });
      if (unparked > 0) revived.push(id);
    }
  }
  return { revived, overtaken };
}

async function storeLogin(
  tx: TenantTx,
  vault: Vault,
  login: LeasedLogin,
  { user, renewed }: LoginFindings,
): Promise<boolean> {
  const key = renewed && (await currentDataKey(tx, vault));
  const stored = await FacebookLogin.query(tx)
    .where({ id: login.id, lease_token: login.leaseToken, generation: login.generation })
    .patch({
      ...(key && { access_token: vault.seal(key, accessTokenOf(login.id), renewed.token), exchanged_at: login.now }),
      ...(user.isValid && {
        person_hash: user.userId ? vault.hash('facebook person', user.userId) : null,
        scopes: user.scopes,
        expires_at: user.expiresAt,
        data_access_expires_at: user.dataAccessExpiresAt,
      }),
      lease_token: null,
      lease_until: null,
      updated_at: raw('now()') as never,
    });
  return stored === 1;
}

async function storePage(tx: TenantTx, vault: Vault, { found, verdict, details }: PageVerdict): Promise<boolean> {
  const { page } = found;
  const before = await FacebookPageIntegration.query(tx)
    .findOne({ id: page.integrationId, generation: page.generation })
    .forUpdate();
  if (!before) return false;
  const changed = before.status !== verdict.status || before.status_reason?.code !== verdict.reason?.code;
  const key = found.replaced && (await currentDataKey(tx, vault));
  await FacebookPageIntegration.query(tx)
    .where({ id: page.integrationId })
    .patch({
      ...(key && { page_access_token: vault.seal(key, pageAccessTokenOf(page.integrationId), found.token) }),
      ...(details && { page_name: details.name, page_category: details.category, page_url: details.link }),
      ...(changed && { status_since: raw('app.now()') as never }),
      status: verdict.status,
      status_reason: verdict.reason,
      last_checked_at: raw('app.now()') as never,
      next_check_at: nextCheck(),
      updated_at: raw('now()') as never,
    });
  if (changed) {
    await audit(tx, {
      action: 'integration.status_changed',
      subject: { type: 'integration', id: page.integrationId },
      changes: { status: { from: before.status, to: verdict.status }, reason: verdict.reason?.code ?? null },
    });
  }
  return true;
}

/** After a failed call of ours: every page keeps its status and is asked again in minutes. */
export async function postponeCheck(tx: TenantTx, login: LeasedLogin, waitMs: number | null): Promise<void> {
  const seconds = Math.ceil((waitMs ?? 5 * 60_000) / 1_000);
  await FacebookPageIntegration.query(tx)
    .where({ login_id: login.id })
    .whereNotNull('next_check_at')
    .patch({ next_check_at: raw(`app.now() + ? * interval '1 second' * (1 + random() / 4)`, [seconds]) as never });
  await FacebookLogin.query(tx)
    .where({ id: login.id, lease_token: login.leaseToken })
    .patch({ lease_token: null, lease_until: null });
}
