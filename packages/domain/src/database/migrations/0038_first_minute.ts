/**
 * Until a table is analyzed for the first time, a minute after its first rows, the planner takes each tenant for one
 * row: all that a tenant has, and the one row of a key, then look alike. What ANALYZE will say of tenants
 * (0037_large_tenants) is said before it. Before Postgres 18 nobody can say it. Events are left out: their statements
 * name the key itself.
 */
const columns = {
  integrations: ['organization_id'],
  facebook_page_integrations: ['organization_id'],
  threads: ['organization_id', 'integration_id'],
  replies: ['organization_id', 'integration_id', 'page_id'],
};

export const up = forEachColumn(`
    perform pg_restore_attribute_stats('schemaname', 'public', 'relname', asked.name, 'attname', asked.attribute,
      'inherited', false, 'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 10::real);`);

export const down = forEachColumn(`
    perform pg_clear_attribute_stats('public', asked.name, asked.attribute, false);`);

/** @param then for each of the columns, of tables that have no rows yet */
function forEachColumn(then: string): string {
  const asked = Object.entries(columns).flatMap(([table, names]) => names.map(name => `('${table}', '${name}')`));
  return `
do $$
declare
  asked record;
begin
  if current_setting('server_version_num')::integer < 180000 then return; end if;
  for asked in
    select c.name, c.attribute from (values ${asked.join(', ')}) as c (name, attribute)
    where pg_relation_size(c.name::regclass) = 0
  loop${then}
  end loop;
end $$;
`;
}
