import { type QueryBuilder, raw } from 'objection';
import { authorize, type Permission } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { type Database, knexOf, readThroughDoor } from '../database/database.ts';
import { currentOrganization } from '../database/tenant-table.ts';
import type { Uuid } from '../ids.ts';
import { doorOf, refusals, type TenantOptions } from './doors.ts';
import type { TenantModel } from './tenant-model.ts';
import { brandTenantTx, type Entered, type TenantTx, tenantOf } from './tenant-tx.ts';

/**
 * Reads rows of one query through the door, all in one flight: for lists that are asked for often.
 * @param build makes the query; the `tx` it is given can build queries and run none
 * @throws as `withTenant`, and DomainError `forbidden`
 */
export async function readRows(
  ctx: Pick<Context, 'database' | 'actor' | 'requestId'>,
  options: Pick<TenantOptions, 'organization'> & { permission: Permission },
  build: (tx: TenantTx) => QueryBuilder<TenantModel>,
): Promise<Record<string, unknown>[]> {
  let entered: Entered = {};
  const door = {
    sql: doorOf(ctx.actor, options),
    entered: (row: Record<string, unknown> | undefined) => {
      entered = (row ?? {}) as Entered;
    },
  };
  const query = build(planOf(ctx.database)).toKnexQuery();
  const rows = await refusals(() => readThroughDoor(ctx.database, door, query as never));
  // After the query, which every member may ask for; nothing of it has left this function.
  authorize({ tenant: tenantOf(ctx.actor, entered, ctx.requestId) }, options.permission);
  return rows;
}

const plans = new WeakMap<Database, TenantTx>();

/**
 * What queries are built with before their tenant is known: it says "the tenant of this transaction" where others
 * name it. A query that ran on it would be outside of every door and see nothing.
 */
function planOf(database: Database): TenantTx {
  let plan = plans.get(database);
  if (!plan) {
    const organizationId = raw(currentOrganization) as unknown as Uuid;
    const tenant = { organizationId, role: null, scopes: null, by: { type: 'job', id: 'plan' }, userId: null } as const;
    plan = brandTenantTx(knexOf(database).withUserParams({}) as never, { ...tenant, requestId: '' });
    plans.set(database, plan);
  }
  return plan;
}
