import type { Knex } from 'knex';
import type { Uuid } from '../ids.ts';
import type { Actor } from './actor.ts';

export const roles = ['OWNER', 'ADMIN', 'MEMBER'] as const;

export type Role = (typeof roles)[number];

/** What an API key may be used for, within its role. */
export const scopes = ['read', 'write', 'events', 'members'] as const;

export type Scope = (typeof scopes)[number];

declare const tenantBrand: unique symbol;

/** The tenant a transaction has entered, and by what right. */
export interface Tenant {
  readonly organizationId: Uuid;
  /**
   * The role as the database just read it: of the membership, of the API key, or STAFF for an hour's entry. Null for a
   * job, which acts for the organization itself.
   */
  readonly role: Role | 'STAFF' | null;
  /** What an API key is narrowed to; null for everybody else. */
  readonly scopes: readonly Scope[] | null;
  /** Who acts, as the audit log names them. */
  readonly by: { readonly type: 'user' | 'staff' | 'api_key' | 'job'; readonly id: string };
  /** The person behind it, if a person acts. */
  readonly userId: Uuid | null;
  /** Correlates the audit log with a request or job. */
  readonly requestId: string;
  /** What the same request was answered with before: `authorize` throws it to who may still have it. */
  readonly answered?: Error | undefined;
}

/**
 * A transaction inside one tenant: row level security shows and takes only that organization's rows. Made by the
 * doors alone; models take nothing else.
 */
export type TenantTx = Knex.Transaction & { readonly tenant: Tenant; readonly [tenantBrand]: true };

/** For the doors only. */
export function brandTenantTx(transaction: Knex.Transaction, tenant: Tenant): TenantTx {
  return Object.assign(transaction, { tenant }) as unknown as TenantTx;
}

/** What a door's function answered: the same columns from each, those that do not apply missing. */
export interface Entered {
  organization_id?: string;
  role?: Role | 'STAFF';
  key_id?: Uuid;
  scopes?: Scope[];
}

/** The tenant that a door let an actor into. */
export function tenantOf(actor: Actor, entered: Entered, requestId: string): Tenant {
  const organizationId = entered.organization_id as Uuid;
  switch (actor.type) {
    case 'user': {
      const { role = null } = entered;
      const by = { type: role === 'STAFF' ? 'staff' : 'user', id: actor.userId } as const;
      return { organizationId, role, scopes: null, by, userId: actor.userId, requestId };
    }
    case 'api_key': {
      const { role = null, scopes: narrowed = [], key_id = '' } = entered;
      return { organizationId, role, scopes: narrowed, by: { type: 'api_key', id: key_id }, userId: null, requestId };
    }
    case 'job':
      return { organizationId, role: null, scopes: null, by: { type: 'job', id: actor.job }, userId: null, requestId };
  }
}
