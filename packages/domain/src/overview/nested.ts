import pLimit from 'p-limit';
import { type BusinessShape, businessResource, businessShape } from '../businesses/business.ts';
import { readBusinesses } from '../businesses/read-businesses.ts';
import type { Context } from '../context.ts';
import type { Uuid } from '../ids.ts';
import { type IntegrationShape, integrationResource, integrationShape } from '../integrations/integration-resource.ts';
import { integrationsWithPage } from '../integrations/show-integration.ts';
import { listMembers } from '../members/list-members.ts';
import { type MemberShape, memberShape } from '../members/member-resource.ts';
import { maxNested, Rendered, renderRows } from '../resource.ts';
import { readRows } from '../tenancy/read-page.ts';

/** A business, and where it was asked for, its active integrations. */
export const businessWithShape = businessShape.extend({ integrations: integrationShape.array().optional() });

export type BusinessWithShape = BusinessShape & { integrations?: IntegrationShape[] };

export interface NestedInOrganization {
  businesses?: Rendered<BusinessWithShape[]>;
  members?: Rendered<MemberShape[]>;
}

export const nestedInOrganizationShape = {
  businesses: businessWithShape.array().optional(),
  members: memberShape.array().optional(),
};

/** What organizations nest, by their public id: each is entered as a tenant of its own, a few at a time. */
export async function nestInOrganizations(
  ctx: Context,
  organizations: readonly string[],
  include: readonly ('businesses' | 'businesses.integrations' | 'members')[],
): Promise<Map<string, NestedInOrganization>> {
  const few = pLimit(4);
  const nested = new Map<string, NestedInOrganization>();
  const withIntegrations = include.includes('businesses.integrations');
  const read = async (organization: string): Promise<NestedInOrganization> => ({
    ...((withIntegrations || include.includes('businesses')) && {
      businesses: await businessesOf(ctx, organization, withIntegrations),
    }),
    ...(include.includes('members') && { members: await membersOf(ctx, organization) }),
  });
  await Promise.all(organizations.map(id => few(async () => nested.set(id, await read(id)))));
  return nested;
}

async function businessesOf(
  ctx: Context,
  organization: string,
  withIntegrations: boolean,
): Promise<Rendered<BusinessWithShape[]>> {
  const rows = await readBusinesses(ctx, { organization, active: 'true', limit: maxNested });
  const shown = rows.slice(0, maxNested);
  if (!withIntegrations) return renderRows(shown, businessResource);
  const integrations = await nestIntegrations(ctx, organization, shown);
  return renderRows(shown, businessResource, row => ({ integrations: integrations(row) }));
}

async function membersOf(ctx: Context, organization: string): Promise<Rendered<MemberShape[]>> {
  const list = await listMembers(ctx, { organization, active: 'true', limit: maxNested });
  return new Rendered(JSON.stringify(list.value().data));
}

/**
 * The active integrations of these businesses, in one statement.
 * @returns gives the JSON of a business's row
 */
export async function nestIntegrations(
  ctx: Context,
  organization: string,
  businesses: readonly Record<string, unknown>[],
): Promise<(business: Record<string, unknown>) => Rendered<IntegrationShape[]>> {
  const ids = businesses.map(row => row['id:id'] as Uuid);
  const rows =
    ids.length === 0
      ? []
      : await readRows(ctx, { organization, permission: 'integration.read' }, tx =>
          integrationsWithPage(tx)
            .select(...integrationResource.selection)
            .whereRaw(
              `integrations.id in (
                 select newest.id from unnest(?::uuid[]) as business (id) cross join lateral (
                   select i.id from integrations i
                   where i.organization_id = integrations.organization_id and i.business_id = business.id and i.is_active
                   order by i.id desc limit ${maxNested}
                 ) as newest
               )`,
              [ids],
            )
            .orderBy('integrations.id', 'desc'),
        );
  return business =>
    renderRows(
      rows.filter(row => row['id:business_id'] === business['id:id']),
      integrationResource,
    );
}
