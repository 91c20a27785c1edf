import { type Database, knexOf } from './database.ts';

/**
 * What row level security lacks, in a sentence for each table: that it is on and forced, and that the app role has one
 * policy of the tenant's and none beside it. Partitions must show nothing when they are read directly. What is a person's
 * has policies of its own, as schema.sql says: of these tables, that row level security is on and forced.
 */
export async function findOpenTables(database: Database): Promise<string[]> {
  const { rows } = await knexOf(database).raw(tables);
  return (rows as GuardedTable[]).flatMap(table => {
    const lack = lackOf(table);
    return lack ? [`The table ${table.name} ${lack}. Run the migrations, or put back what schema.sql says.`] : [];
  });
}

interface GuardedTable {
  name: string;
  /** Says whose tenant a row is; null in a partition, and in a table of persons. */
  column: string | null;
  is_partition: boolean;
  is_on: boolean;
  is_forced: boolean;
  may_truncate: boolean;
  policies: { command: string; using: string | null; check: string | null }[];
}

function lackOf({ column, is_partition, is_on, is_forced, may_truncate, policies }: GuardedTable): string | null {
  if (!is_on || !is_forced) return 'has no forced row level security';
  if (may_truncate) return 'can be truncated by the role of DATABASE_URL, past row level security';
  // No policy shows no row.
  if (is_partition) return policies.length > 0 ? 'is a partition and has a policy' : null;
  if (column === null) return null;
  const [policy] = policies;
  if (!policy) return 'has no policy for the role of DATABASE_URL';
  if (policies.length > 1) return 'has more than its one policy for the role of DATABASE_URL';
  const whole = policy.command === '*' && isTenants(policy.using, column) && isTenants(policy.check, column);
  return whole ? null : 'has a policy that says something else than its tenant';
}

/** Releases of Postgres print parentheses and casts differently. */
const bare = (text: string | null): string => (text ?? '').replaceAll(/[()"\s]|::\w+/g, '');

const isTenants = (text: string | null, column: string): boolean =>
  bare(text) === `${column}=SELECTNULLIFcurrent_setting'app.organization_id',true,''ASnullif`;

/** Without a tenant, and kept apart by row level security all the same. */
const ofPersons = ['auth.users', 'public.organization_purges', 'public.personal_idempotency_keys'];
const isOfPersons = `n.nspname || '.' || c.relname in (${ofPersons.map(name => `'${name}'`).join(', ')})`;

const tables = `
  select n.nspname || '.' || c.relname as name, c.relrowsecurity as is_on, c.relforcerowsecurity as is_forced,
    has_table_privilege(c.oid, 'truncate') as may_truncate,
    n.nspname = 'partitions' as is_partition,
    case when n.nspname = 'partitions' or ${isOfPersons} then null
      when c.oid = to_regclass('public.organizations') then 'id' else 'organization_id' end as column,
    coalesce((select json_agg(json_build_object('command', p.polcmd, 'using', pg_get_expr(p.polqual, p.polrelid),
        'check', pg_get_expr(p.polwithcheck, p.polrelid)))
      from pg_policy p where p.polrelid = c.oid
        and case when 0 = any (p.polroles) then true
          else exists (select from unnest(p.polroles) role where pg_has_role(role, 'member')) end), '[]') as policies
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and (n.nspname = 'partitions' or n.nspname in ('public', 'auth', 'app') and (
    c.oid = to_regclass('public.organizations') or ${isOfPersons}
    or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id'
      and not a.attisdropped)))
  order by 1`;
