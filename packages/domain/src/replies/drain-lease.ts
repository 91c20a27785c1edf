import type { Secret } from '@pagekeeper/runtime/secret';
import { raw } from 'objection';
import type { Context } from '../context.ts';
import { together } from '../database/together.ts';
import type { StoredFindings } from '../facebook/findings.ts';
import { usableStatuses } from '../facebook/judge-page.ts';
import { newId, type Uuid } from '../ids.ts';
import { FacebookPageIntegration, type PageStatus } from '../integrations/facebook-page-integration.ts';
import { activeIntegrations } from '../integrations/integration.ts';
import type { IntegrationConfig } from '../integrations/integration-config.ts';
import { openPageToken } from '../integrations/store-facebook-page.ts';
import { Organization } from '../organizations/organization.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { currentDataKey } from '../vault/organization-key.ts';
import type { DataKey } from '../vault/vault.ts';
import type { ReplyKind } from './reply.ts';

/** An integration whose events this process alone works off until the lease ends. */
export interface Drain {
  organizationId: Uuid;
  integrationId: Uuid;
  leaseToken: Uuid;
  pageId: string;
  pageName: string;
  generation: number;
  status: PageStatus;
  /** Sealed as it stands in the page's row. */
  sealedToken: Buffer;
  /** Null while the page's status says that it does not work, or when it does not open: events are parked then. */
  token: Secret | null;
  /** The status still says that the token works, and it does not open: a check shall find out. */
  damaged: boolean;
  /** What the last check found, as JSON; null before the first. */
  findings: string | null;
  /** It works again, and events that were parked are about to be pending again. */
  reviving: boolean;
  /** Answers that Facebook would refuse: their events are parked. */
  forbidden: ReadonlySet<ReplyKind>;
  /** Seals what is said. */
  key: DataKey;
  config: IntegrationConfig;
  /** The integration's version: an answer decided under an older config is not sent. */
  version: number;
  connectedAt: Date;
  repliesPaused: boolean;
}

/** A drain whose page token works. */
export type UsableDrain = Drain & { token: Secret };

/**
 * So long a page waits for a process that died, so it is short; a process that lives renews it while its calls take their
 * time. The database's clock decides.
 */
const leaseSeconds = 15;
const leaseEnd = `clock_timestamp() + interval '${leaseSeconds} seconds'`;

/**
 * Takes the lease; 'busy' when another process has it, 'gone' when there is nothing to drain for, 'paused' while
 * Facebook wants the page left alone.
 */
export async function beginDrain(
  tx: TenantTx,
  vault: Context['vault'],
  integrationId: Uuid,
): Promise<Drain | 'busy' | 'gone' | 'paused'> {
  const [integration, claim, organization, key] = await together([
    activeIntegrations(tx).findOne({ id: integrationId }),
    tx('page_claims').where({ integration_id: integrationId }).first('page_id', 'claimed_at'),
    Organization.query(tx).first(),
    currentDataKey(tx, vault),
  ]);
  if (!integration || !claim) return 'gone';
  const leaseToken = newId();
  const [page] = await FacebookPageIntegration.query(tx)
    .where({ id: integrationId, page_id: claim.page_id })
    .where(raw('(drain_until is null or drain_until < clock_timestamp())') as never)
    .where(raw('(paused_until is null or paused_until <= app.now())') as never)
    .patch({ drain_token: leaseToken, drain_until: raw(leaseEnd) as never })
    .returning('*');
  if (!page) return await whyNot(tx, integrationId);
  const usable = usableStatuses.includes(page.status);
  const token = usable ? await openPageToken(tx, vault, page) : null;
  return {
    organizationId: tx.tenant.organizationId,
    integrationId,
    leaseToken,
    pageId: page.page_id,
    pageName: page.page_name,
    generation: page.generation,
    status: page.status,
    sealedToken: page.page_access_token.bytes(),
    token,
    damaged: usable && !token,
    findings: page.findings && JSON.stringify(page.findings),
    reviving: page.revived_at !== null,
    forbidden: forbiddenKinds(page),
    key,
    config: integration.config,
    version: integration.version,
    connectedAt: claim.claimed_at,
    repliesPaused: organization?.replies_paused ?? true,
  };
}

async function whyNot(tx: TenantTx, integrationId: Uuid): Promise<'busy' | 'paused'> {
  const paused = await FacebookPageIntegration.query(tx)
    .findOne({ id: integrationId })
    .where(raw('paused_until > app.now()') as never)
    .select('id');
  return paused ? 'paused' : 'busy';
}

/** What the last check found missing, and which answers need it. */
function forbiddenKinds(page: FacebookPageIntegration): Set<ReplyKind> {
  const findings = page.findings as StoredFindings | null;
  if (page.status !== 'needs_permission' || !findings) return new Set();
  const scopes = [...findings.missing_scopes, ...findings.withheld_scopes];
  const tasks = findings.missing_tasks;
  const kinds = new Set<ReplyKind>();
  if (scopes.includes('pages_messaging') || tasks.some(task => task.includes('MESSAGING'))) {
    kinds.add('message').add('private_comment');
  }
  if (scopes.includes('pages_manage_engagement') || tasks.some(task => task.includes('MODERATE'))) {
    kinds.add('public_comment');
  }
  return kinds;
}

/** Business time, and the clock that leases and delays go by. */
export interface Times {
  now: Date;
  clock: Date;
}

/**
 * Null when the lease was lost or the page is not what it was: its token replaced, dead or alive again, a permission
 * given or taken, replies paused or wanted again. Then the events stay pending and the drain begins anew. (Parked on
 * yesterday's news they would wait for the next check.)
 */
export async function renewDrain(tx: TenantTx, drain: Drain): Promise<Times | null> {
  const { rows } = await tx.raw(
    `update facebook_page_integrations set drain_until = ${leaseEnd}
     where organization_id = ? and id = ? and drain_token = ? and generation = ? and status = ? and page_access_token = ?
       and findings is not distinct from ?::jsonb and (? or revived_at is null)
       and ? = (select o.replies_paused from organizations o where o.id = organization_id)
     returning app.now() as now, clock_timestamp() as clock`,
    [
      drain.organizationId,
      drain.integrationId,
      drain.leaseToken,
      drain.generation,
      drain.status,
      drain.sealedToken,
      drain.findings,
      drain.reviving,
      drain.repliesPaused,
    ] as never,
  );
  return rows[0] ?? null;
}

/** Keeps the lease, if it is this drain's still. */
export async function extendDrain(tx: TenantTx, { integrationId, leaseToken }: Drain): Promise<void> {
  await FacebookPageIntegration.query(tx)
    .where({ id: integrationId, drain_token: leaseToken })
    .patch({ drain_until: raw(leaseEnd) as never });
}

export async function endDrain(tx: TenantTx, drain: Drain): Promise<void> {
  await FacebookPageIntegration.query(tx)
    .where({ id: drain.integrationId, drain_token: drain.leaseToken })
    .patch({ drain_token: null, drain_until: null });
}
