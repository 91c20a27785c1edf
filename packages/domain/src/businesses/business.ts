import type { QueryBuilder } from 'objection';
import * as z from 'zod';
import { notFound } from '../errors.ts';
import { parsePublicId, type Uuid } from '../ids.ts';
import { Resource, timestamp } from '../resource.ts';
import { slugPattern } from '../slug.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

/** A business of an organization: what its integrations belong to. */
export class Business extends TenantModel {
  static override tableName = 'businesses';

  declare id: Uuid;
  declare name: string;
  declare slug: string;
  declare description: string;
  declare is_active: boolean;
  declare deactivated_at: Date | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

export const descriptionInput = z.string().max(2_000);

export const businessShape = z
  .object({
    id: z.string(),
    organization_id: z.string(),
    name: z.string(),
    slug: z.string(),
    description: z.string(),
    is_active: z.boolean(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Business' });

export type BusinessShape = z.output<typeof businessShape>;

export const businessResource = new Resource<BusinessShape>(
  { id: ['business', 'businesses.id'], organization_id: ['organization', 'businesses.organization_id'] },
  {
    name: 'businesses.name',
    slug: 'businesses.slug',
    description: 'businesses.description',
    is_active: 'businesses.is_active',
    created_at: 'businesses.created_at',
    updated_at: 'businesses.updated_at',
  },
  'businesses.version',
);

/**
 * The business behind `biz_…` or a slug: of several that had the slug, the active one, otherwise the one that had it last.
 * @param active `any` finds inactive ones too
 * @throws DomainError `not_found`
 */
export async function findBusiness(
  tx: TenantTx,
  reference: string,
  options: { active?: 'true' | 'false' | 'any'; forUpdate?: boolean } = {},
): Promise<Business> {
  const { active = 'true', forUpdate = false } = options;
  const query = Business.query(tx).where(named(reference)).first();
  // First those without an end: the active one.
  if (active !== 'true') query.orderBy('deactivated_at', 'desc', 'first');
  if (active !== 'any') query.where('is_active', active === 'true');
  if (forUpdate) query.forNoKeyUpdate();
  const business = await query;
  if (!business) throw notFound('business');
  return business;
}

/** The same as a query, for an active one. */
export const activeBusiness = (tx: TenantTx, reference: string): QueryBuilder<Business> =>
  Business.query(tx).where(named(reference)).where('is_active', true);

function named(reference: string): { id: Uuid } | { slug: string } {
  const id = parsePublicId('business', reference);
  if (id) return { id };
  if (!slugPattern.test(reference)) throw notFound('business');
  return { slug: reference };
}
