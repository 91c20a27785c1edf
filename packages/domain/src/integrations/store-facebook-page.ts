import type { Secret } from '@pagekeeper/runtime/secret';
import { raw } from 'objection';
import { lockPages } from '../claims/reclaim-pages.ts';
import { DomainError } from '../errors.ts';
import { newId, type Uuid } from '../ids.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { openOrNull } from '../vault/open-contents.ts';
import { currentDataKey } from '../vault/organization-key.ts';
import type { Vault } from '../vault/vault.ts';
import { FacebookLogin } from './facebook-login.ts';
import type { FacebookPageInput } from './facebook-page-input.ts';
import { FacebookPageIntegration } from './facebook-page-integration.ts';
import { activeIntegrations } from './integration.ts';
import { leavePage } from './page-unsubscription.ts';
import { tellMoved } from './tell-moved.ts';

/** `now` in business time, for a column. */
const appNow = () => raw('app.now()') as never;

/**
 * Seals both tokens and stores the page as `unverified`: its first check, at once, proves the token and claims the
 * page. Pages that come with the same user token have one login. Another page that the integration had is let go.
 * @returns the login to check
 * @throws DomainError `page_taken` when another active integration of this organization has the page
 */
export async function storeFacebookPage(
  tx: TenantTx,
  vault: Vault,
  integrationId: Uuid,
  { access_token, ...page }: FacebookPageInput,
): Promise<Uuid> {
  const loginId = (await findLogin(tx, vault, access_token)) ?? (await storeLogin(tx, vault, { token: access_token }));
  await attachPage(tx, vault, { integrationId, loginId, page });
  return loginId;
}

/** A login of this very token that works, as far as anybody knows; held, so that it is still there when a page is attached. */
async function findLogin(tx: TenantTx, vault: Vault, token: Secret): Promise<Uuid | null> {
  const login = await FacebookLogin.query(tx)
    .where({ token_hash: tokenHashOf(tx, vault, token), revoked_at: null, error: null })
    .orderBy('id', 'desc')
    .first()
    .forUpdate();
  return login && (await openOrNull(tx, vault, accessTokenOf(login.id), login.access_token)) ? login.id : null;
}

/** Another organization's equal token has another hash. */
const tokenHashOf = ({ tenant }: TenantTx, vault: Vault, token: Secret): Buffer =>
  vault.hash('facebook user token', tenant.organizationId, token.reveal());

type LoginFacts = Pick<FacebookLogin, 'person_hash' | 'scopes' | 'expires_at' | 'data_access_expires_at' | 'kind'>;

/** Seals a user token as a login. Pages are attached to it next: nothing keeps a login that has none. */
export async function storeLogin(
  tx: TenantTx,
  vault: Vault,
  { token, ...known }: { token: Secret } & Partial<LoginFacts>,
): Promise<Uuid> {
  const id = newId();
  const access_token = vault.seal(await currentDataKey(tx, vault), accessTokenOf(id), token);
  const { organizationId: organization_id } = tx.tenant;
  const token_hash = tokenHashOf(tx, vault, token);
  await FacebookLogin.query(tx).insert({ organization_id, id, access_token, token_hash, ...known });
  return id;
}

/**
 * Makes a page the integration's, `unverified`, with its token sealed. Whatever the integration had before gives way.
 * @throws DomainError `page_taken` when another active integration of this organization has the page
 */
export async function attachPage(
  tx: TenantTx,
  vault: Vault,
  attached: { integrationId: Uuid; loginId: Uuid; page: Omit<FacebookPageInput, 'access_token'> },
): Promise<void> {
  const { integrationId, loginId, page: input } = attached;
  await refuseTakenPage(tx, integrationId, input.page_id);
  const key = await currentDataKey(tx, vault);
  const existing = await FacebookPageIntegration.query(tx).findOne({ id: integrationId }).forUpdate();
  // Details that are not given are kept, unless they are another page's.
  const known = existing?.page_id === input.page_id ? existing : undefined;
  const page = {
    login_id: loginId,
    page_id: input.page_id,
    page_name: input.page_name ?? known?.page_name ?? '',
    page_category: input.page_category ?? known?.page_category ?? null,
    page_url: input.page_url ?? known?.page_url ?? null,
    page_access_token: vault.seal(key, pageAccessTokenOf(integrationId), input.page_access_token),
    status: 'unverified' as const,
    status_reason: null,
    status_since: appNow(),
    next_check_at: appNow(),
  };
  if (existing) {
    await tellMoved(tx, existing);
    if (existing.page_id !== input.page_id) await letGoOf(tx, vault, existing);
    const generation = existing.generation + 1;
    // Another page is nothing that Facebook wants left alone.
    const pause = known ? {} : { paused_until: null, pause_reason: null };
    await FacebookPageIntegration.query(tx)
      .where({ id: integrationId })
      .patch({ ...page, ...pause, generation });
    await tx('page_claims').where({ integration_id: integrationId }).update({ generation });
    await forgetUnusedLogins(tx, [existing.login_id]);
  } else {
    await FacebookPageIntegration.query(tx).insert({
      organization_id: tx.tenant.organizationId,
      id: integrationId,
      ...page,
    });
  }
}

// Another page's claim stays behind no longer than this transaction; our app is taken off that page afterwards.
async function letGoOf(tx: TenantTx, vault: Vault, page: FacebookPageIntegration): Promise<void> {
  const freed = await tx('page_claims').where({ integration_id: page.id }).delete();
  const token = freed > 0 ? await openPageToken(tx, vault, page) : null;
  if (token) await leavePage(tx, vault, { integrationId: page.id, pageId: page.page_id, token });
}

/** The page's token; null for one that does not open: nothing can be done with it. */
export const openPageToken = (tx: TenantTx, vault: Vault, page: FacebookPageIntegration): Promise<Secret | null> =>
  openOrNull(tx, vault, pageAccessTokenOf(page.id), page.page_access_token);

/** A token that nothing uses any more is not kept, sealed or not. Nor is one that pages may still be picked from lost. */
export async function forgetUnusedLogins(tx: TenantTx, ids: readonly Uuid[]): Promise<void> {
  const isUnused = ['facebook_page_integrations', 'facebook_connections'].map(
    table => `not exists (select from ${table} t
      where t.organization_id = facebook_logins.organization_id and t.login_id = facebook_logins.id)`,
  );
  await FacebookLogin.query(tx)
    .delete()
    .whereIn('id', [...ids])
    .where(raw(isUnused.join(' and ')) as never);
}

/** Where a login's token is sealed. */
export const accessTokenOf = (loginId: Uuid) =>
  ({ table: 'facebook_logins', column: 'access_token', rowId: loginId }) as const;

/** Where a page's token is sealed. */
export const pageAccessTokenOf = (integrationId: Uuid) =>
  ({ table: 'facebook_page_integrations', column: 'page_access_token', rowId: integrationId }) as const;

/** @throws DomainError `page_taken` when another active integration of this organization has the page */
export async function refuseTakenPage(tx: TenantTx, integrationId: Uuid, pageId: string): Promise<void> {
  await lockPages(tx, pageId);
  const other = await FacebookPageIntegration.query(tx)
    .findOne({ page_id: pageId })
    .whereNot({ id: integrationId })
    .whereIn('id', activeIntegrations(tx).select('id'));
  if (other) {
    throw new DomainError('page_taken', `Another integration of this organization has the page ${pageId}.`);
  }
}
