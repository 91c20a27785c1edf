import { Model } from 'objection';
import * as z from 'zod';
import { Business } from '../businesses/business.ts';
import { notFound } from '../errors.ts';
import { parsePublicId, type Uuid } from '../ids.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';
import { FacebookPageIntegration } from './facebook-page-integration.ts';
import type { IntegrationConfig } from './integration-config.ts';

export const integrationTypes = ['FACEBOOK_PAGE'] as const;

/** A business's connection to a service. What the service itself needs stands in a table of its own, one to one. */
export class Integration extends TenantModel {
  static override tableName = 'integrations';
  static override get jsonAttributes() {
    return ['config'];
  }

  declare id: Uuid;
  declare business_id: Uuid;
  declare integration_type: (typeof integrationTypes)[number];
  declare name: string;
  declare config: IntegrationConfig;
  declare is_active: boolean;
  declare deactivated_at: Date | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
  declare business?: Business;
  declare facebook_page?: FacebookPageIntegration;

  static override get relationMappings() {
    return {
      business: {
        relation: Model.BelongsToOneRelation,
        modelClass: Business,
        join: {
          from: ['integrations.organization_id', 'integrations.business_id'],
          to: ['businesses.organization_id', 'businesses.id'],
        },
      },
      facebook_page: {
        relation: Model.HasOneRelation,
        modelClass: FacebookPageIntegration,
        join: {
          from: ['integrations.organization_id', 'integrations.id'],
          to: ['facebook_page_integrations.organization_id', 'facebook_page_integrations.id'],
        },
      },
    };
  }
}

/** Those within reach: active, of active businesses. */
export const activeIntegrations = (tx: TenantTx) =>
  Integration.query(tx)
    .where('integrations.is_active', true)
    .whereIn('business_id', Business.query(tx).where({ is_active: true }).select('id'));

/**
 * The integration behind `int_…`, if its business is active.
 * @param options.active `any` finds inactive ones too
 * @throws DomainError `not_found`
 */
export async function findIntegration(
  tx: TenantTx,
  reference: string,
  options: { active?: 'true' | 'false' | 'any'; forUpdate?: boolean } = {},
): Promise<Integration> {
  const { active = 'true', forUpdate = false } = options;
  const id = parsePublicId('integration', reference);
  if (!id) throw notFound('integration');
  const query = Integration.query(tx)
    .select('integrations.*')
    .joinRelated('business')
    .findOne({ 'integrations.id': id, 'business.is_active': true });
  if (active !== 'any') query.where('integrations.is_active', active === 'true');
  if (forUpdate) query.forNoKeyUpdate();
  const integration = await query;
  if (!integration) throw notFound('integration');
  return integration;
}

export const integrationTypeInput = z.enum(integrationTypes);
