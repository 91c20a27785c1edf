import { storable } from '@pagekeeper/facebook/storable';
import { raw } from 'objection';
import { findBusiness } from '../businesses/business.ts';
import { claimPages } from '../facebook/claim-pages.ts';
import { type MovedPage, takeOverPage } from '../facebook/take-over-page.ts';
import { newId, publicId, type Uuid } from '../ids.ts';
import { FacebookPageIntegration, type StatusReason } from '../integrations/facebook-page-integration.ts';
import { Integration } from '../integrations/integration.ts';
import { integrationConfigInput } from '../integrations/integration-config.ts';
import { attachPage } from '../integrations/store-facebook-page.ts';
import { recordNotification } from '../notifications/record-notification.ts';
import { businessNow } from '../tenancy/business-now.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import type { Vault } from '../vault/vault.ts';
import type { FacebookConnection } from './facebook-connection.ts';
import { integrationsByPage } from './integrations-by-page.ts';
import type { ProvenPage } from './prove-pages.ts';
import { notManaged, pageUnavailable } from './reasons.ts';

/** Undoes what the transaction did for this page. The others go on. */
export class PageRefused extends Error {
  readonly reason: StatusReason;

  constructor(reason: StatusReason) {
    super(reason.detail);
    this.reason = reason;
  }
}

export interface ConnectedPage {
  id: Uuid;
  isNew: boolean;
  /** Whom it was taken from, for the job that tells them; null for a page that nobody else had. */
  moved: MovedPage | null;
}

/**
 * Gives a proven page to its integration (the one that has it already, else a new one) and claims it.
 * @throws PageRefused, or DomainError `page_taken`
 */
export async function connectPage(
  tx: TenantTx,
  vault: Vault,
  picked: { connection: FacebookConnection & { login_id: Uuid }; takeOver: boolean; offer: ProvenPage },
): Promise<ConnectedPage> {
  const { connection, takeOver, offer } = picked;
  const { grant, page_id } = offer;
  const existing = (await integrationsByPage(tx, [page_id])).get(page_id) ?? (await pagelessOf(tx, connection));
  const integrationId = existing ?? (await createFor(tx, connection, offer));
  if (existing) await renewVersion(tx, existing);
  await attachPage(tx, vault, {
    integrationId,
    loginId: connection.login_id,
    page: {
      page_id,
      page_name: storable(grant.name),
      ...(grant.category && { page_category: storable(grant.category) }),
      ...(grant.link && { page_url: storable(grant.link) }),
      page_access_token: grant.token,
    },
  });
  const isHeld = await claim(tx, integrationId);
  const moved = isHeld || !takeOver ? null : await takeOverFor(tx, offer, integrationId);
  if (!isHeld && !moved && !(takeOver && (await claim(tx, integrationId)))) throw new PageRefused(pageUnavailable);
  return { id: integrationId, isNew: !existing, moved };
}

/** Whoever has read the integration before has not seen the page and its tokens that it gets now. */
async function renewVersion(tx: TenantTx, id: Uuid): Promise<void> {
  await Integration.query(tx)
    .where({ id })
    .patch({ version: raw('version + 1') as never, updated_at: raw('now()') as never });
}

async function claim(tx: TenantTx, integrationId: Uuid): Promise<boolean> {
  const page = await FacebookPageIntegration.query(tx).findOne({ id: integrationId });
  const held = await claimPages(tx, [{ integrationId, generation: page!.generation }]);
  return held.has(integrationId);
}

async function takeOverFor(tx: TenantTx, { grant, page_id }: ProvenPage, integrationId: Uuid) {
  if (!grant.tasks.includes('MANAGE')) throw new PageRefused(notManaged);
  const moved = await takeOverPage(tx, page_id, integrationId);
  if (!moved) return null;
  await recordNotification(tx, {
    integrationId,
    kind: 'taken_over',
    episode: await businessNow(tx),
    detail: { page_name: storable(grant.name) || page_id, detail: 'It was connected to another account before.' },
  });
  return moved;
}

/** The integration that is to work again, where it never had a page. */
async function pagelessOf(tx: TenantTx, { reconnect_id: id }: FacebookConnection): Promise<Uuid | undefined> {
  if (!id) return undefined;
  const integration = await Integration.query(tx).findOne({ id, is_active: true }).forUpdate();
  const page = await FacebookPageIntegration.query(tx).findOne({ id });
  return integration && !page ? id : undefined;
}

async function createFor(tx: TenantTx, connection: FacebookConnection, offer: ProvenPage): Promise<Uuid> {
  const business = await findBusiness(tx, publicId('business', connection.business_id));
  const id = newId();
  await Integration.query(tx).insert({
    organization_id: tx.tenant.organizationId,
    id,
    business_id: business.id,
    integration_type: 'FACEBOOK_PAGE',
    name: storable(offer.page_name).trim().slice(0, 200) || offer.page_id,
    config: integrationConfigInput.parse({}),
  });
  return id;
}
