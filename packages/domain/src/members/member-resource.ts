import { type QueryBuilder, raw } from 'objection';
import * as z from 'zod';
import { notFound } from '../errors.ts';
import { parsePublicId, type Uuid } from '../ids.ts';
import { type Rendered, Resource, timestamp } from '../resource.ts';
import { roles, type TenantTx } from '../tenancy/tenant-tx.ts';
import { OrganizationMembership } from './organization-membership.ts';

/** A person's place in an organization. Name and address are null for former members: they share nothing any more. */
export const memberShape = z
  .object({
    id: z.string(),
    user_id: z.string(),
    invited_by: z.string().nullable(),
    role: z.enum(roles),
    name: z.string().nullable(),
    email: z.string().nullable(),
    is_active: z.boolean(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Member' });

export type MemberShape = z.output<typeof memberShape>;

/** Nothing counts the versions of a membership: it is the time of its last change, in microseconds. */
const version = '(extract(epoch from organization_memberships.updated_at) * 1000000)::bigint';

export const memberResource = new Resource<MemberShape>(
  {
    id: ['member', 'organization_memberships.id'],
    user_id: ['user', 'organization_memberships.user_id'],
    invited_by: ['user', 'organization_memberships.invited_by'],
  },
  {
    role: 'organization_memberships.role',
    name: 'person.name',
    email: 'person.email',
    is_active: 'organization_memberships.is_active',
    created_at: 'organization_memberships.created_at',
    updated_at: 'organization_memberships.updated_at',
  },
  version,
);

/** Memberships joined with what row level security shows of the people. */
export const membersWithPerson = (tx: TenantTx): QueryBuilder<OrganizationMembership> =>
  OrganizationMembership.query(tx).leftJoin('auth.users as person', 'person.id', 'organization_memberships.user_id');

/** A member as JSON. */
export async function showMember(tx: TenantTx, id: Uuid): Promise<Rendered<MemberShape>> {
  const row = await membersWithPerson(tx)
    .findOne({ 'organization_memberships.id': id })
    .select(...memberResource.selection);
  if (!row) throw notFound('member');
  return memberResource.one(row as unknown as Record<string, unknown>);
}

/** The active membership behind `mem_…`, locked. @throws DomainError `not_found` */
export async function findMember(tx: TenantTx, reference: string): Promise<OrganizationMembership> {
  const id = parsePublicId('member', reference);
  const member =
    id &&
    (await OrganizationMembership.query(tx)
      .findOne({ id, is_active: true })
      .select('*', raw(`${version} as version`))
      .forUpdate());
  if (!member) throw notFound('member');
  return member;
}
