import type { Secret } from '@pagekeeper/runtime/secret';
import { raw } from 'objection';
import type { Context } from '../context.ts';
import { newId, type Uuid } from '../ids.ts';
import { FacebookLogin } from '../integrations/facebook-login.ts';
import { awaitsCheck, FacebookPageIntegration, type PageStatus } from '../integrations/facebook-page-integration.ts';
import { activeIntegrations } from '../integrations/integration.ts';
import { accessTokenOf, openPageToken } from '../integrations/store-facebook-page.ts';
import { businessNow } from '../tenancy/business-now.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { openOrNull } from '../vault/open-contents.ts';

/** A page under a leased login. */
export interface LeasedPage {
  integrationId: Uuid;
  pageId: string;
  pageName: string;
  webhookEnabled: boolean;
  /** What is found out about an older one is not stored. */
  generation: number;
  /** Null where the stored one does not open: somebody changed or moved it. */
  token: Secret | null;
  /** What it was before this check. */
  status: PageStatus;
  /** So long Facebook wants the page left alone: nothing is asked with its token. 0 where it may be. */
  restMs: number;
}

/** A login that this process alone may check until the lease ends. */
export interface LeasedLogin {
  id: Uuid;
  organizationId: Uuid;
  leaseToken: Uuid;
  generation: number;
  storedAt: Date;
  /** Null where the stored one does not open. */
  accessToken: Secret | null;
  /** Null where nobody has looked at its user token yet. */
  personHash: Buffer | null;
  kind: 'user' | 'system_user';
  expiresAt: Date | null;
  exchangeTriedAt: Date | null;
  /** The last check found the user token dead. */
  isKnownDead: boolean;
  /** The person removed the app: Facebook said so itself, and is not asked again. */
  isRevoked: boolean;
  pages: LeasedPage[];
  /** Business time when the lease was taken. */
  now: Date;
}

/** Renewed by a timer, and between rounds of calls; the database's clock decides. */
const leaseUntil = () => raw(`clock_timestamp() + interval '60 seconds'`) as never;

/** Takes the lease and opens the tokens. 'busy' when another process has it, 'gone' where no page is behind it now. */
export async function leaseLogin(
  tx: TenantTx,
  vault: Context['vault'],
  loginId: Uuid,
): Promise<LeasedLogin | 'busy' | 'gone'> {
  const leaseToken = newId();
  const [login] = await FacebookLogin.query(tx)
    .where({ id: loginId })
    .where(raw('(lease_until is null or lease_until < clock_timestamp())') as never)
    .patch({ lease_token: leaseToken, lease_until: leaseUntil() })
    .returning('*');
  if (!login) return (await FacebookLogin.query(tx).findOne({ id: loginId })) ? 'busy' : 'gone';
  const now = await businessNow(tx);
  const leased = {
    id: login.id,
    organizationId: tx.tenant.organizationId,
    leaseToken,
    generation: login.generation,
    storedAt: login.created_at,
    accessToken: await openOrNull(tx, vault, accessTokenOf(login.id), login.access_token),
    personHash: login.person_hash,
    kind: login.kind,
    expiresAt: login.expires_at,
    exchangeTriedAt: login.exchange_tried_at,
    isKnownDead: login.error !== null,
    isRevoked: login.revoked_at !== null,
    pages: await openPages(tx, vault, loginId, now),
    now,
  };
  if (leased.pages.length > 0) return leased;
  // All of them, or their businesses, were deactivated.
  await releaseLogin(tx, leased);
  return 'gone';
}

async function openPages(tx: TenantTx, vault: Context['vault'], loginId: Uuid, now: Date): Promise<LeasedPage[]> {
  const reachable = activeIntegrations(tx);
  const pages = await FacebookPageIntegration.query(tx)
    .where({ login_id: loginId })
    // A page that was taken over stays so until somebody asks for it again.
    .whereNot('status', 'disconnected')
    .whereIn('facebook_page_integrations.id', reachable.clone().select('integrations.id'))
    .orderBy('page_id');
  const ids = pages.map(({ id }) => id);
  const integrations = await reachable.whereIn('integrations.id', ids).select('id', 'config');
  const configs = new Map(integrations.map(({ id, config }) => [id, config]));
  const opened: LeasedPage[] = [];
  for (const page of pages) {
    opened.push({
      integrationId: page.id,
      pageId: page.page_id,
      pageName: page.page_name,
      webhookEnabled: configs.get(page.id)?.webhook_enabled ?? false,
      generation: page.generation,
      token: await openPageToken(tx, vault, page),
      status: page.status,
      restMs: restOf(page, now),
    });
  }
  return opened;
}

/** A pause that waits for this very check is none. */
const restOf = ({ paused_until, pause_reason }: FacebookPageIntegration, now: Date): number =>
  paused_until && pause_reason !== awaitsCheck ? Math.max(0, paused_until.getTime() - now.getTime()) : 0;

/** Keeps the lease for another round. False when it was lost: what is under way is another's now. */
export async function renewLease(tx: TenantTx, { id, leaseToken }: LeasedLogin): Promise<boolean> {
  const renewed = await FacebookLogin.query(tx)
    .where({ id, lease_token: leaseToken })
    .patch({ lease_until: leaseUntil() });
  return renewed === 1;
}

/** Gives the lease back. False when it was lost. */
export async function releaseLogin(tx: TenantTx, { id, leaseToken }: LeasedLogin): Promise<boolean> {
  const released = await FacebookLogin.query(tx)
    .where({ id, lease_token: leaseToken })
    .patch({ lease_token: null, lease_until: null });
  return released === 1;
}
