import { DomainError } from '../errors.ts';
import type { Role, Scope, Tenant, TenantTx } from '../tenancy/tenant-tx.ts';

/** Who may do something in a tenant. STAFF is a person of ours who entered with a reason, for an hour. */
interface Rule {
  readonly roles: readonly (Role | 'STAFF')[];
  /** What an API key needs beside the role; null: nothing. */
  readonly scope: Scope | null;
}

const everyone = ['OWNER', 'ADMIN', 'MEMBER', 'STAFF'] as const;
const admins = ['OWNER', 'ADMIN'] as const;
/** Staff help with what is connected; who belongs to an organization is not theirs to change. */
const adminsAndStaff = ['OWNER', 'ADMIN', 'STAFF'] as const;
const owners = ['OWNER'] as const;

/** What can be done in a tenant, and by whom. One table; jobs act for the organization itself. */
export const permissions = {
  // Whoever creates one is its OWNER from the first statement on; staff create one for its owner.
  'organization.create': { roles: ['OWNER', 'STAFF'], scope: 'write' },
  'organization.read': { roles: everyone, scope: 'read' },
  'organization.update': { roles: admins, scope: 'write' },
  'organization.deactivate': { roles: owners, scope: 'write' },
  'organization.restore': { roles: owners, scope: 'write' },
  'organization.transfer': { roles: owners, scope: 'members' },
  'organization.purge': { roles: owners, scope: 'write' },
  'organization.export': { roles: owners, scope: 'members' },
  'person.erase': { roles: admins, scope: 'write' },
  'organization.enter': { roles: ['STAFF'], scope: 'read' },
  // Who asks who they are.
  'self.read': { roles: ['OWNER', 'ADMIN', 'MEMBER'], scope: null },
  'member.read': { roles: everyone, scope: 'read' },
  'member.write': { roles: admins, scope: 'members' },
  'member.leave': { roles: ['OWNER', 'ADMIN', 'MEMBER'], scope: 'members' },
  'invitation.read': { roles: admins, scope: 'members' },
  'invitation.write': { roles: admins, scope: 'members' },
  'api_key.read': { roles: admins, scope: 'members' },
  'api_key.write': { roles: admins, scope: 'members' },
  'audit.read': { roles: admins, scope: 'members' },
  'business.read': { roles: everyone, scope: 'read' },
  'business.write': { roles: adminsAndStaff, scope: 'write' },
  'integration.read': { roles: everyone, scope: 'read' },
  'integration.write': { roles: adminsAndStaff, scope: 'write' },
  'connection.read': { roles: adminsAndStaff, scope: 'read' },
  'connection.write': { roles: adminsAndStaff, scope: 'write' },
  'integration.refresh': { roles: adminsAndStaff, scope: 'write' },
  'event.read': { roles: everyone, scope: 'read' },
  'event.replay': { roles: adminsAndStaff, scope: 'events' },
  'reply.read': { roles: everyone, scope: 'read' },
} as const satisfies Record<string, Rule>;

export type Permission = keyof typeof permissions;

/**
 * The first line of every verb inside its door.
 * @throws DomainError `forbidden` when the actor's role, or the key's scopes, may not; the stored answer of a request
 *   that was carried out before, which is no longer for who may not do it any more
 */
export function authorize({ tenant }: Pick<TenantTx, 'tenant'>, permission: Permission): void {
  refuseForbidden(tenant, permission);
  if (tenant.answered) throw tenant.answered;
}

function refuseForbidden({ by, role, scopes }: Tenant, permission: Permission): void {
  if (by.type === 'job') return;
  const rule: Rule = permissions[permission];
  if (!role || !rule.roles.includes(role)) {
    const needed = rule.roles.filter(name => name !== 'STAFF').join(' or ');
    throw new DomainError('forbidden', `Your role ${role ?? 'here'} may not do this. It takes ${needed}.`);
  }
  if (scopes && rule.scope && !scopes.includes(rule.scope)) {
    throw new DomainError('forbidden', `The API key lacks the scope ${rule.scope}. Make one that has it.`);
  }
}

const rank: Record<Role, number> = { MEMBER: 0, ADMIN: 1, OWNER: 2 };

/** Whether somebody of this role may grant, take or touch that one: up to their own. */
export const mayGrant = (own: Role, role: Role): boolean => rank[role] <= rank[own];

/**
 * Nobody grants, takes or touches more than their own role.
 * @throws DomainError `forbidden`
 */
export function refuseAbove({ tenant }: Pick<TenantTx, 'tenant'>, role: Role): void {
  const { by, role: own } = tenant;
  if (by.type === 'job' || (own && own !== 'STAFF' && mayGrant(own, role))) return;
  throw new DomainError('forbidden', `Only an ${role === 'MEMBER' ? 'ADMIN or OWNER' : role} may do this.`);
}

/**
 * An API key gives no scope on that it lacks.
 * @throws DomainError `forbidden`
 */
export function refuseBeyond({ tenant }: Pick<TenantTx, 'tenant'>, scopes: readonly Scope[]): void {
  const missing = tenant.scopes && scopes.find(scope => !tenant.scopes?.includes(scope));
  if (missing) throw new DomainError('forbidden', `This API key lacks the scope ${missing}, and cannot give it on.`);
}
