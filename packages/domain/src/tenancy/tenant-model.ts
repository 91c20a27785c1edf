import { type Constructor, Model, type QueryBuilder, type QueryBuilderType } from 'objection';
import type { Uuid } from '../ids.ts';
import { Sealed } from '../vault/sealed.ts';
import type { TenantTx } from './tenant-tx.ts';

/**
 * Base of every tenant table's model. Knex is never bound to it: each query is given a {@link TenantTx}, or it does
 * not compile. Row level security decides what is seen; the WHERE on `organization_id` leads the planner to the index
 * and is the second belt.
 */
export class TenantModel extends Model {
  /** Columns whose values are sealed by the vault; they are `Sealed` in a record, never text. */
  static sealedColumns: readonly string[] = [];

  // A transaction has one connection: queries beside each other would only queue up in the driver.
  static concurrency = 1;

  // A copy of an opaque value would be an empty shell.
  static cloneObjectAttributes = false;

  static override get idColumn(): string | string[] {
    return ['organization_id', 'id'];
  }

  declare organization_id: Uuid;

  static override query<M extends Model>(this: Constructor<M>, tx: TenantTx): QueryBuilderType<M> {
    const builder = super.query.call(this, tx) as unknown as QueryBuilder<M>;
    // Objection itself builds parts of a join this way. Bound to no connection, they cannot run alone.
    if (!tx) return builder as unknown as QueryBuilderType<M>;
    const { organizationId } = tx.tenant;
    builder.onBuild(built => {
      if (built.isInsert()) return;
      const model = built.modelClass() as unknown as typeof TenantModel;
      built.where(`${built.tableRefFor(model)}.${model.tenantColumn}`, organizationId);
    });
    return builder as unknown as QueryBuilderType<M>;
  }

  /** The column that holds the tenant's id. */
  static get tenantColumn(): string {
    return 'organization_id';
  }

  // The same tenant for the ways around `query`.
  override $query(tx: TenantTx) {
    return super.$query(tx);
  }

  override $relatedQuery(relation: string, tx: TenantTx): never {
    return super.$relatedQuery(relation as never, tx) as never;
  }

  static override relatedQuery(relation: string, tx: TenantTx): never {
    return super.relatedQuery(relation as never, tx) as never;
  }

  override $parseDatabaseJson(json: Record<string, unknown>) {
    const parsed = super.$parseDatabaseJson(json);
    for (const column of (this.constructor as typeof TenantModel).sealedColumns) {
      if (parsed[column] instanceof Uint8Array) parsed[column] = Sealed.fromBytes(parsed[column]);
    }
    return parsed;
  }

  override $formatDatabaseJson(json: Record<string, unknown>) {
    const formatted = super.$formatDatabaseJson(json);
    for (const column of (this.constructor as typeof TenantModel).sealedColumns) {
      if (formatted[column] instanceof Sealed) formatted[column] = formatted[column].bytes();
    }
    return formatted;
  }
}
