import type { QueryBuilder } from 'objection';
import { notFound } from '../errors.ts';
import type { Uuid } from '../ids.ts';
import type { Rendered } from '../resource.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { Integration } from './integration.ts';
import { type IntegrationShape, integrationResource } from './integration-resource.ts';

/** Integrations joined with their page's details and login: what the resource reads. */
export function integrationsWithPage(tx: TenantTx): QueryBuilder<Integration> {
  return Integration.query(tx)
    .leftJoinRelated('facebook_page')
    .leftJoin('facebook_logins as login', join =>
      join.on('login.organization_id', 'facebook_page.organization_id').andOn('login.id', 'facebook_page.login_id'),
    );
}

/** An integration as JSON. */
export async function showIntegration(tx: TenantTx, id: Uuid): Promise<Rendered<IntegrationShape>> {
  const row = await integrationsWithPage(tx)
    .findOne({ 'integrations.id': id })
    .select(...integrationResource.selection);
  if (!row) throw notFound('integration');
  return integrationResource.one(row as unknown as Record<string, unknown>);
}
