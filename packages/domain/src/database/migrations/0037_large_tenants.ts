/**
 * One tenant's history, or one page's, may be a thousand times as long as the average, by which the planner judges a
 * statement that is prepared for all of them: reading everything that a tenant has, for ten rows of it, then passes for
 * cheap. From here on a tenth of such a table counts as a tenant's share, and a page's as no less than that. A plan
 * that suits a long history suits a short one.
 */
const tenth = 'set (n_distinct = 10)';
const average = 'reset (n_distinct)';
const columns = {
  integrations: ['organization_id'],
  facebook_page_integrations: ['organization_id'],
  threads: ['organization_id', 'integration_id'],
  replies: ['organization_id', 'integration_id', 'page_id'],
};
const ofEvents = ['organization_id', 'integration_id'];
/** That a page has one integration, and that one tenant: their shares are not to be multiplied. */
const statistics = `
create statistics threads_owners (dependencies) on organization_id, integration_id from threads;
create statistics replies_owners (dependencies) on organization_id, integration_id, page_id from replies;
create statistics webhook_events_owners (dependencies) on organization_id, integration_id from webhook_events;`;

export const up = `
${alterTables(tenth)}
${statistics}
${ofPartitions(`
    execute format('alter table partitions.%I ${alter(ofEvents, tenth)}', name);
    execute format('create statistics partitions.%I (dependencies) on organization_id, integration_id from partitions.%I',
      name || '_owners', name);
    ${analyzeUnlessEmpty("format('partitions.%I', name)")}`)}
${makePartitions(`
      execute format('alter table partitions.%I ${alter(ofEvents, tenth)}', name);`)}
do $$ begin${Object.keys(columns)
  .map(table => `\n  ${analyzeUnlessEmpty(`'${table}'`)}`)
  .join('')}
end $$;
`;

export const down = `
${makePartitions('')}
${ofPartitions(`
    execute format('alter table partitions.%I ${alter(ofEvents, average)}', name);
    for owners in
      select s.stxname from pg_catalog.pg_statistic_ext s where s.stxrelid = format('partitions.%I', name)::regclass
    loop
      execute format('drop statistics partitions.%I', owners);
    end loop;`)}
drop statistics webhook_events_owners, replies_owners, threads_owners;
${alterTables(average)}
`;

function alterTables(share: string): string {
  return Object.entries(columns)
    .map(([table, names]) => `alter table ${table} ${alter(names, share)};`)
    .join('\n');
}

function alter(names: readonly string[], share: string): string {
  return names.map(name => `alter ${name} ${share}`).join(', ');
}

/** Analyzed while it is empty, a table counts as empty until it is analyzed again, and is read whole. */
function analyzeUnlessEmpty(table: string): string {
  return `if pg_relation_size(${table}::regclass) > 0 then execute format('analyze %s', ${table}::regclass); end if;`;
}

/** For each partition that is there: such statistics are each one's own. @param then about the one called `name` */
function ofPartitions(then: string): string {
  return `
do $$
declare
  name text;
  owners text;
begin
  for name in
    select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'partitions' and c.relkind = 'r'
  loop${then}
  end loop;
end $$;`;
}

/** @param planned what is said about a new partition: it takes statistics over, and no share */
function makePartitions(planned: string): string {
  return `
create or replace function app.make_event_partitions(since timestamptz, until timestamptz) returns integer
language plpgsql volatile security definer set search_path = '' set timezone = 'UTC' as $$
declare
  week timestamptz := date_trunc('week', since, 'UTC');
  name text;
  lower uuid;
  upper uuid;
  made integer := 0;
begin
  if until - since > interval '1 year' then raise exception 'more than a year of partitions'; end if;
  while week < until loop
    name := 'webhook_events_' || to_char(week at time zone 'UTC', 'YYYYMMDD');
    if to_regclass('partitions.' || name) is null then
      lower := app.event_id_at(week);
      upper := app.event_id_at(week + interval '7 days');
      -- Before anything else: whoever reads a partition and then writes would wait for us, and we for them.
      perform set_config('lock_timeout', '2s', true);
      lock table only public.webhook_events in access exclusive mode;
      execute format('create table partitions.%I (like public.webhook_events including all)', name);${planned}
      execute format('with moved as (delete from partitions.webhook_events_default where id >= %L and id < %L
        returning *) insert into partitions.%I select * from moved', lower, upper, name);
      execute format('alter table public.webhook_events attach partition partitions.%I for values from (%L) to (%L)',
        name, lower, upper);
      execute format('alter table partitions.%I enable row level security', name);
      execute format('alter table partitions.%I force row level security', name);
      execute format('create policy owner_moves on partitions.%I to pagekeeper_owner using (true) with check (true)',
        name);
      made := made + 1;
    end if;
    week := week + interval '7 days';
  end loop;
  return made;
end $$;`;
}
