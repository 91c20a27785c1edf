import * as z from 'zod';
import type { Uuid } from '../ids.ts';
import { Resource, timestamp } from '../resource.ts';
import { slugCandidates, slugFrom, slugPattern } from '../slug.ts';
import { TenantModel } from '../tenancy/tenant-model.ts';
import { roles } from '../tenancy/tenant-tx.ts';

/** The tenant itself. */
export class Organization extends TenantModel {
  static override tableName = 'organizations';
  static override get idColumn() {
    return 'id';
  }
  static override get tenantColumn() {
    return 'id';
  }

  declare id: Uuid;
  declare name: string;
  declare slug: string;
  declare owner_id: Uuid;
  declare is_active: boolean;
  declare deactivated_at: Date | null;
  declare replies_paused: boolean;
  /** The purge that erases it, once one was asked for. */
  declare purge_id: Uuid | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

export const slugInput = z
  .string()
  .regex(slugPattern, 'must be lower-case letters, digits and single hyphens, 63 characters at most')
  .meta({ description: 'Made from the name where it is not given.', example: 'corner-shop' });

/** Words that a page of the console is named by where an organization's slug would stand: `/organizations/new`. */
const reservedSlugs: readonly string[] = ['new'];

export const organizationSlugInput = slugInput
  .refine(slug => !reservedSlugs.includes(slug), 'is a word of the console’s own addresses')
  .describe(`Made from the name where it is not given. Not ${reservedSlugs.join(', ')}.`);

/**
 * What to try for an organization's slug.
 * @param wanted its name, or the slug that it had
 */
export const organizationSlugs = (wanted: string): string[] =>
  [...slugCandidates(slugFrom(wanted, 'organization'))].filter(slug => !reservedSlugs.includes(slug));

/** An organization as its members see it; `role` is the caller's. */
export const organizationShape = z
  .object({
    id: z.string(),
    owner_id: z.string(),
    role: z.enum([...roles, 'STAFF']),
    name: z.string(),
    slug: z.string(),
    is_active: z.boolean(),
    replies_paused: z.boolean(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Organization' });

export type OrganizationShape = z.output<typeof organizationShape>;

/** Reads from a relation named `organizations`: the table, or the router's list. */
export const organizationResource = new Resource<OrganizationShape>(
  { id: ['organization', 'organizations.id'], owner_id: ['user', 'organizations.owner_id'] },
  {
    name: 'organizations.name',
    slug: 'organizations.slug',
    is_active: 'organizations.is_active',
    replies_paused: 'organizations.replies_paused',
    created_at: 'organizations.created_at',
    updated_at: 'organizations.updated_at',
  },
  'organizations.version',
);
