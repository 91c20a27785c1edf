/** The tenant of the transaction. In a sub-select it is computed once a query, not once a row. */
export const currentOrganization = `(select nullif(current_setting('app.organization_id', true), '')::uuid)`;

/** The person of the transaction, where a person acts. */
export const currentUser = `(select nullif(current_setting('app.user_id', true), '')::uuid)`;

/**
 * What makes a table a tenant's: row level security that even its owner obeys, one policy for all commands, and no
 * right to move a row to another tenant.
 * @param options.insert columns are granted all; false takes the right away
 * @param options.update the columns that may change (never `organization_id`)
 */
export function tenantTable(
  table: string,
  options: { tenantColumn?: string; insert?: boolean; update?: readonly string[]; delete?: boolean } = {},
): string {
  const { tenantColumn = 'organization_id', insert = true, update = [], delete: mayDelete = false } = options;
  const rights = [
    'select',
    insert && 'insert',
    update.length > 0 && `update (${update.join(', ')})`,
    mayDelete && 'delete',
  ];
  return `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant on ${table} for all to pagekeeper_app
  using (${tenantColumn} = ${currentOrganization})
  with check (${tenantColumn} = ${currentOrganization});
grant ${rights.filter(Boolean).join(', ')} on ${table} to pagekeeper_app;
`;
}

/** Lets the router's functions read some columns of all tenants' rows: ids, routes and due dates. */
export function routerReads(table: string, columns: readonly string[]): string {
  return `
create policy router_reads on ${table} for select to pagekeeper_router using (true);
grant select (${columns.join(', ')}) on ${table} to pagekeeper_router;
`;
}

/**
 * Lets a purge erase a table's rows, and only those of an organization whose purge is running. The table then stands
 * in `purges/erasure.ts` too; a test walks the catalogue and says so.
 * @param options.key the column that, with the organization, names a row
 */
export function purgeable(table: string, options: { tenantColumn?: string; key?: string } = {}): string {
  const { tenantColumn = 'organization_id', key = 'id' } = options;
  return `
create policy router_purges on ${table} for delete to pagekeeper_router
  using (${tenantColumn} in (select organization from public.organization_purges where finished_at is null));
grant delete, select (${[...new Set([tenantColumn, key])].join(', ')}) on ${table} to pagekeeper_router;
`;
}
