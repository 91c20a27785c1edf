import type { Secret } from '@pagekeeper/runtime/secret';
import { raw } from 'objection';
import { Business } from '../businesses/business.ts';
import type { Context } from '../context.ts';
import { usableStatuses } from '../facebook/judge-page.ts';
import { newId, type Uuid } from '../ids.ts';
import { FacebookPageIntegration } from '../integrations/facebook-page-integration.ts';
import { Integration } from '../integrations/integration.ts';
import type { IntegrationConfig } from '../integrations/integration-config.ts';
import { pageAccessTokenOf } from '../integrations/store-facebook-page.ts';
import { Organization } from '../organizations/organization.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { dataKeyOf } from '../vault/organization-key.ts';
import { VaultError } from '../vault/vault.ts';

/** An integration whose events this process alone works off until the lease ends. */
export interface Drain {
  organizationId: Uuid;
  integrationId: Uuid;
  loginId: Uuid;
  leaseToken: Uuid;
  pageId: string;
  pageName: string;
  generation: number;
  /** Whether the page's status said that its token works. */
  usable: boolean;
  /** Null while the page's status says that it does not work, or when it does not open: events are parked then. */
  token: Secret | null;
  /** The status still says that the token works, and it does not open: a check shall find out. */
  damaged: boolean;
  config: IntegrationConfig;
  connectedAt: Date;
  repliesPaused: boolean;
}

/** Renewed with every batch; a batch's sends take less. The database's clock decides. */
const lease = () => raw(`clock_timestamp() + interval '30 seconds'`) as never;

/** Takes the lease; 'busy' when another process has it, 'gone' when there is nothing to drain for. */
export async function beginDrain(
  tx: TenantTx,
  vault: Context['vault'],
  integrationId: Uuid,
): Promise<Drain | 'busy' | 'gone'> {
  const integration = await Integration.query(tx)
    .findOne({ id: integrationId, is_active: true })
    .whereIn('business_id', Business.query(tx).where({ is_active: true }).select('id'));
  const claim = await tx('page_claims').where({ integration_id: integrationId }).first('page_id', 'claimed_at');
  if (!integration || !claim) return 'gone';
  const leaseToken = newId();
  const [page] = await FacebookPageIntegration.query(tx)
    .where({ id: integrationId, page_id: claim.page_id })
    .where(raw('(drain_until is null or drain_until < clock_timestamp())') as never)
    .patch({ drain_token: leaseToken, drain_until: lease() })
    .returning('*');
  if (!page) return 'busy';
  const organization = await Organization.query(tx).first();
  const usable = usableStatuses.includes(page.status);
  const token = usable ? await openToken(tx, vault, page) : null;
  return {
    organizationId: tx.tenant.organizationId,
    integrationId,
    loginId: page.login_id,
    leaseToken,
    pageId: page.page_id,
    pageName: page.page_name,
    generation: page.generation,
    usable,
    token,
    damaged: usable && !token,
    config: integration.config,
    connectedAt: claim.claimed_at,
    repliesPaused: organization?.replies_paused ?? true,
  };
}

async function openToken(tx: TenantTx, vault: Context['vault'], page: FacebookPageIntegration): Promise<Secret | null> {
  try {
    const key = await dataKeyOf(tx, vault, page.page_access_token);
    return vault.open(key, pageAccessTokenOf(page.id), page.page_access_token);
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}

/** A drain whose page token works. */
export type UsableDrain = Drain & { token: Secret };

/**
 * False when the lease was lost or the page is not what it was: tokens replaced, died, or alive again. Then the events
 * stay pending and the sweep begins anew. (Parked on yesterday's news they would wait for the next check.)
 */
export async function renewDrain(tx: TenantTx, drain: Drain): Promise<boolean> {
  const renewed = await FacebookPageIntegration.query(tx)
    .where({ id: drain.integrationId, drain_token: drain.leaseToken, generation: drain.generation })
    .where(query => {
      if (drain.usable) query.whereIn('status', [...usableStatuses]);
      else query.whereNotIn('status', [...usableStatuses]);
    })
    .patch({ drain_until: lease() });
  return renewed === 1;
}

export async function endDrain(tx: TenantTx, drain: Drain): Promise<void> {
  await FacebookPageIntegration.query(tx)
    .where({ id: drain.integrationId, drain_token: drain.leaseToken })
    .patch({ drain_token: null, drain_until: null });
}
