import type { Knex } from 'knex';

const schemas = `('public', 'auth', 'app', 'partitions', 'router')`;
/** Weeks of the inbox come and go; they are like the default partition. */
const ourRelations = `pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname in ${schemas}
      and c.relname !~ '^webhook_events_[0-9]{8}$'`;
const relation = `n.nspname || '.' || c.relname`;

/** What a schema is made of, each a query for lines of text. Read from the catalogue, so that no tool is needed. */
const parts: Record<string, string> = {
  columns: `
    select ${relation} || ': ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || case when a.attnotnull then ' not null' else '' end
      || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
    from ${ourRelations}
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind in ('r', 'p') order by ${relation}, a.attnum`,
  constraints: `
    select ${relation} || ': ' || k.conname || ' ' || pg_get_constraintdef(k.oid) as line
    from ${ourRelations} join pg_constraint k on k.conrelid = c.oid and k.contype <> 'n' order by 1`,
  indexes: `
    select pg_get_indexdef(i.indexrelid) as line
    from ${ourRelations} join pg_index i on i.indrelid = c.oid order by 1`,
  statistics: `
    select ${relation} || ': ' || a.attname || ' ' || array_to_string(a.attoptions, ', ') as line
    from ${ourRelations} join pg_attribute a on a.attrelid = c.oid and a.attoptions is not null
    union all select pg_get_statisticsobjdef(e.oid) from ${ourRelations} join pg_statistic_ext e on e.stxrelid = c.oid
    order by 1`,
  'row level security': `
    select ${relation} || ': ' || case when c.relforcerowsecurity then 'forced' else 'enabled' end as line
    from ${ourRelations} where c.relrowsecurity order by 1`,
  policies: `
    select ${relation} || ': ' || p.polname || ' for ' ||
      case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' else p.polcmd::text end
      || ' to ' || array_to_string(array(select r::regrole::text from unnest(p.polroles) r order by 1), ', ')
      || coalesce(' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
      || coalesce(' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') as line
    from ${ourRelations} join pg_policy p on p.polrelid = c.oid order by 1`,
  grants: `
    select ${relation} || ': ' || a.privilege_type || ' to ' || a.grantee::regrole as line
    from ${ourRelations}, aclexplode(c.relacl) a
    where c.relkind in ('r', 'p') and a.grantee <> c.relowner order by 1`,
  'column grants': `
    select ${relation} || ': ' || a.privilege_type || ' (' || string_agg(t.attname, ', ' order by t.attnum) || ') to '
      || a.grantee::regrole as line
    from ${ourRelations} join pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a
    where a.grantee <> c.relowner group by ${relation}, a.privilege_type, a.grantee order by 1`,
  triggers: `
    select pg_get_triggerdef(t.oid) as line
    from ${ourRelations} join pg_trigger t on t.tgrelid = c.oid where not t.tgisinternal order by 1`,
  functions: `
    select pg_get_functiondef(p.oid) as line
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname in ${schemas}
    order by n.nspname, p.proname`,
};

/** The schema as text, the same on every server: for review, and for a test that fails when it changed unseen. */
export async function describeSchema(knex: Knex): Promise<string> {
  const sections: string[] = [];
  for (const [name, query] of Object.entries(parts)) {
    const { rows } = await knex.raw(query.replaceAll('?', '\\?'));
    sections.push(`-- ${name}\n${(rows as { line: string }[]).map(({ line }) => line.trimEnd()).join('\n')}\n`);
  }
  return sections.join('\n');
}
