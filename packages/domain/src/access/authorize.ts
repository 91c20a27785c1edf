import { DomainError } from '../errors.ts';
import type { TenantTx } from '../tenancy/tenant-tx.ts';

/** What can be done in a tenant, and by whom (api.md, Roles). One table; jobs act for the organization itself. */
const permissions = {
  // Whoever creates one is its OWNER from the first statement on.
  'organization.create': ['OWNER'],
  'organization.read': ['OWNER', 'ADMIN', 'MEMBER'],
  'organization.update': ['OWNER', 'ADMIN'],
  'organization.deactivate': ['OWNER'],
  'organization.restore': ['OWNER'],
  'member.add': ['OWNER', 'ADMIN'],
  'business.read': ['OWNER', 'ADMIN', 'MEMBER'],
  'business.write': ['OWNER', 'ADMIN'],
  'integration.read': ['OWNER', 'ADMIN', 'MEMBER'],
  'integration.write': ['OWNER', 'ADMIN'],
  'integration.refresh': ['OWNER', 'ADMIN'],
} as const;

export type Permission = keyof typeof permissions;

/**
 * The first line of every verb inside its door.
 * @throws DomainError `forbidden` when the actor's role may not
 */
export function authorize(tx: TenantTx, permission: Permission): void {
  const { actor, role } = tx.tenant;
  if (actor.type === 'job') return;
  const roles: readonly string[] = permissions[permission];
  if (!role || !roles.includes(role)) {
    throw new DomainError('forbidden', `Your role ${role ?? 'here'} may not do this. It takes ${roles.join(' or ')}.`);
  }
}
