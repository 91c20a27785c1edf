import type { Knex } from 'knex';
import type { Uuid } from '../ids.ts';
import type { Actor } from './actor.ts';

export type Role = 'OWNER' | 'ADMIN' | 'MEMBER';

declare const tenantBrand: unique symbol;

/** The tenant a transaction has entered, and by what right. */
export interface Tenant {
  readonly organizationId: Uuid;
  /** The actor's role as the database just read it; null for a job, which acts for the organization itself. */
  readonly role: Role | null;
  readonly actor: Actor;
  /** Correlates the audit log with a request or job. */
  readonly requestId: string;
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
