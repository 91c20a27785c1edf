import { type QueryBuilder, raw } from 'objection';
import { authorize, type Permission } from '../access/authorize.ts';
import type { Context } from '../context.ts';
import { type CompiledQuery, type Database, knexOf, statementThroughDoor } from '../database/database.ts';
import { currentOrganization } from '../database/tenant-table.ts';
import type { Uuid } from '../ids.ts';
import { doorOf, refusals, type TenantOptions } from './doors.ts';
import type { TenantModel } from './tenant-model.ts';
import { brandTenantTx, type Entered, type TenantTx, tenantOf } from './tenant-tx.ts';

/**
 * Reads rows of one query through the door, all in one flight: for lists that are asked for often.
 * @param options.asked what the query depends on, beside the organization
 * @param build makes the query; the `tx` it is given can build queries and run none. Where it is always the same
 *   function, which knows nothing but `asked`, what it made is used again for who asks the same
 * @throws as `withTenant`, and DomainError `forbidden`
 */
export async function readRows<Asked = undefined>(
  ctx: Pick<Context, 'database' | 'actor' | 'requestId'>,
  options: Pick<TenantOptions, 'organization' | 'allowInactive'> & { permission: Permission; asked?: Asked },
  build: Build<Asked>,
): Promise<Record<string, unknown>[]> {
  let entered: Entered = {};
  const door = {
    sql: doorOf(ctx.actor, options),
    entered: (row: Record<string, unknown> | undefined) => {
      entered = (row ?? {}) as Entered;
    },
  };
  const query = compiled(build, options.asked as Asked, planOf(ctx.database));
  const rows = await refusals(() => statementThroughDoor(ctx.database, door, query, { readOnly: true }));
  // After the query, which every member may ask for; nothing of it has left this function.
  authorize({ tenant: tenantOf(ctx.actor, entered, ctx.requestId) }, options.permission);
  return rows;
}

type Build<Asked> = (tx: TenantTx, asked: Asked) => QueryBuilder<TenantModel>;

const maxQueries = 200;
const queries = new WeakMap<Build<never>, Map<string, CompiledQuery>>();

/**
 * The query's text and values. They name no tenant, so that they serve all of them. Building them takes as much of the
 * CPU as sending them and reading the rows.
 */
function compiled<Asked>(build: Build<Asked>, asked: Asked, plan: TenantTx): CompiledQuery {
  let made = queries.get(build);
  if (!made) {
    made = new Map();
    queries.set(build, made);
  }
  const key = JSON.stringify(asked) ?? '';
  let query = made.get(key);
  if (!query) {
    const { sql, bindings } = build(plan, asked).toKnexQuery().toSQL().toNative();
    query = { sql, bindings: bindings as readonly unknown[] };
    // Pages further on are asked for once each: what is asked for often is soon back.
    if (made.size === maxQueries) made.clear();
    made.set(key, query);
  }
  return query;
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
