import pLimit from 'p-limit';
import { type BusinessShape, businessResource, businessShape } from '../businesses/business.ts';
import { readBusinesses } from '../businesses/read-businesses.ts';
import type { Context } from '../context.ts';
import { currentOrganization } from '../database/tenant-table.ts';
import type { Uuid } from '../ids.ts';
import { type IntegrationShape, integrationResource, integrationShape } from '../integrations/integration-resource.ts';
import { integrationsWithPage } from '../integrations/show-integration.ts';
import { listMembers } from '../members/list-members.ts';
import { type MemberShape, memberShape } from '../members/member-resource.ts';
import { maxNested, Rendered, renderRows } from '../resource.ts';
import { isGone } from '../tenancy/doors.ts';
import { readRows } from '../tenancy/read-rows.ts';
import { Room } from './room.ts';

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
  const room = new Room();
  const read = async (organization: string): Promise<NestedInOrganization> => {
    // Where others have taken all of it, nothing more is read.
    room.take(0);
    return {
      ...((withIntegrations || include.includes('businesses')) && {
        businesses: await businessesOf(ctx, organization, withIntegrations, room),
      }),
      ...(include.includes('members') && { members: await membersOf(ctx, organization, room) }),
    };
  };
  const add = async (id: string): Promise<void> => {
    try {
      nested.set(id, await read(id));
    } catch (error) {
      // Left, or deactivated, since it was listed: the others are still there.
      if (!isGone(error)) throw error;
    }
  };
  await Promise.all(organizations.map(id => few(add, id)));
  return nested;
}

async function businessesOf(
  ctx: Context,
  organization: string,
  withIntegrations: boolean,
  room: Room,
): Promise<Rendered<BusinessWithShape[]>> {
  const rows = await readBusinesses(ctx, { organization, active: 'true', limit: maxNested });
  const shown = rows.slice(0, maxNested);
  room.takeRows(shown);
  if (!withIntegrations) return renderRows(shown, businessResource);
  const integrations = await nestIntegrations(ctx, organization, shown, room);
  return renderRows(shown, businessResource, row => ({ integrations: integrations(row) }));
}

async function membersOf(ctx: Context, organization: string, room: Room): Promise<Rendered<MemberShape[]>> {
  const list = await listMembers(ctx, { organization, active: 'true', limit: maxNested });
  room.take(list.text.length);
  return new Rendered(JSON.stringify(list.value().data));
}

/** How many are read at once: a few megabytes at most, before there may turn out to be no room for them. */
const batch = 250;

/**
 * The active integrations of these businesses, newest first.
 * @returns gives the JSON of a business's row
 * @throws DomainError `invalid_request` when they are too much for the room
 */
export async function nestIntegrations(
  ctx: Context,
  organization: string,
  businesses: readonly Record<string, unknown>[],
  room = new Room(),
): Promise<(business: Record<string, unknown>) => Rendered<IntegrationShape[]>> {
  const ids = businesses.map(row => row['id:id'] as Uuid);
  const rows: Record<string, unknown>[] = [];
  for (let isMore = ids.length > 0; isMore; ) {
    const more = await readIntegrations(ctx, organization, ids, rows.at(-1)?.['id:id']);
    room.takeRows(more);
    rows.push(...more);
    isMore = more.length === batch;
  }
  return business =>
    renderRows(
      rows.filter(row => row['id:business_id'] === business['id:id']),
      integrationResource,
    );
}

async function readIntegrations(
  ctx: Context,
  organization: string,
  businesses: readonly Uuid[],
  before: unknown,
): Promise<Record<string, unknown>[]> {
  return await readRows(ctx, { organization, permission: 'integration.read' }, tx => {
    const query = integrationsWithPage(tx)
      .select(...integrationResource.selection)
      .whereRaw(
        `integrations.id in (
           select newest.id from unnest(?::uuid[]) as business (id) cross join lateral (
             select i.id from integrations i
             where i.organization_id = ${currentOrganization} and i.business_id = business.id and i.is_active
             order by i.id desc limit ${maxNested}
           ) as newest
         )`,
        [businesses],
      )
      .orderBy('integrations.id', 'desc')
      .limit(batch);
    if (before !== undefined) query.where('integrations.id', '<', before as Uuid);
    return query;
  });
}
