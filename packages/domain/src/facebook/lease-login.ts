import type { Secret } from '@pagekeeper/runtime/secret';
import { raw } from 'objection';
import { Business } from '../businesses/business.ts';
import type { Context } from '../context.ts';
import { newId, type Uuid } from '../ids.ts';
import { FacebookLogin } from '../integrations/facebook-login.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { Integration } from '../integrations/integration.ts';
import { accessTokenOf, pageAccessTokenOf } from '../integrations/store-facebook-page.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { dataKeyOf } from '../vault/organization-key.ts';

/** A page under a leased login, with its token open. */
export interface LeasedPage {
  integrationId: Uuid;
  pageId: string;
  pageName: string;
  webhookEnabled: boolean;
  generation: number;
  token: Secret;
  holdsClaim: boolean;
}

/** A login that this process alone may check until the lease ends. */
export interface LeasedLogin {
  id: Uuid;
  organizationId: Uuid;
  leaseToken: Uuid;
  generation: number;
  accessToken: Secret;
  expiresAt: Date | null;
  exchangedAt: Date | null;
  pages: LeasedPage[];
  /** Business time when the lease was taken. */
  now: Date;
}

// Longer than a check of the largest login takes; the database's clock decides.
const leaseSeconds = 120;

/** Takes the lease and opens the tokens. Null when another process has it or the login is gone. */
export async function leaseLogin(tx: TenantTx, vault: Context['vault'], loginId: Uuid): Promise<LeasedLogin | null> {
  const leaseToken = newId();
  const [login] = await FacebookLogin.query(tx)
    .where({ id: loginId })
    .where(raw('(lease_until is null or lease_until < clock_timestamp())') as never)
    .patch({
      lease_token: leaseToken,
      lease_until: raw(`clock_timestamp() + interval '${leaseSeconds} seconds'`) as never,
    })
    .returning('*');
  if (!login) return null;
  const key = await dataKeyOf(tx, vault, login.access_token);
  const { rows } = await tx.raw('select app.now() as now');
  return {
    id: login.id,
    organizationId: tx.tenant.organizationId,
    leaseToken,
    generation: login.generation,
    accessToken: vault.open(key, accessTokenOf(login.id), login.access_token),
    expiresAt: login.expires_at,
    exchangedAt: login.exchanged_at,
    pages: await openPages(tx, vault, loginId),
    now: rows[0].now,
  };
}

async function openPages(tx: TenantTx, vault: Context['vault'], loginId: Uuid): Promise<LeasedPage[]> {
  const pages = await FacebookPageIntegration.query(tx).where({ login_id: loginId });
  const integrations = await Integration.query(tx)
    .findByIds(pages.map(page => [tx.tenant.organizationId, page.id]))
    .where({ is_active: true })
    .whereIn('business_id', Business.query(tx).where({ is_active: true }).select('id'));
  const claims = await tx('page_claims').select('integration_id', 'generation');
  const opened: LeasedPage[] = [];
  for (const page of pages) {
    const integration = integrations.find(candidate => candidate.id === page.id);
    if (!integration) continue;
    const key = await dataKeyOf(tx, vault, page.page_access_token);
    opened.push({
      integrationId: page.id,
      pageId: page.page_id,
      pageName: page.page_name,
      webhookEnabled: integration.config.webhook_enabled,
      generation: page.generation,
      token: vault.open(key, pageAccessTokenOf(page.id), page.page_access_token),
      holdsClaim: claims.some(claim => claim.integration_id === page.id),
    });
  }
  return opened;
}

/** Gives the lease back, if it is still this one. */
export async function releaseLogin(tx: TenantTx, login: LeasedLogin): Promise<void> {
  await FacebookLogin.query(tx)
    .where({ id: login.id, lease_token: login.leaseToken })
    .patch({ lease_token: null, lease_until: null });
}
