import { purgeable, routerReads, tenantTable } from '../tenant-table.ts';

/** What replies need to know: the page of an event, threads, what was said; and weekly partitions of the inbox. */
export const up = `
-- An event belongs to the page it was sent to; the integration may hold another one by the time it is worked off.
-- replay: people asked for it again, 'quiet' without replies.
alter table webhook_events no force row level security;
alter table webhook_events add column page_id text, add column replay text check (replay in ('quiet', 'replies'));
update webhook_events e set page_id = p.page_id from facebook_page_integrations p
  where p.organization_id = e.organization_id and p.id = e.integration_id;
update webhook_events set page_id = '' where page_id is null;
alter table webhook_events alter column page_id set not null, force row level security;
grant update (replay) on webhook_events to pagekeeper_app;
-- What people look for first, in a table of what went well.
create index webhook_events_failed on webhook_events (organization_id, id) where state = 'failed';

-- text: what is or would be sent, sealed. thread_hash: for the limits.
alter table replies add column thread_hash bytea, add column text bytea;
grant update (text, rule, kind, thread_hash, event_id) on replies to pagekeeper_app;
create index replies_lately on replies (organization_id, integration_id, sending_at) where sending_at is not null;
-- Facebook names a comment with and without its post: the last part is the same.
create index replies_sent_comments on replies (organization_id, page_id, (substring(sent_id from '[^_]+$')))
  where kind = 'public_comment' and sent_id is not null;

-- A conversation with one person, or the comments under one comment, and until when people of the page have it.
create table threads (
  organization_id uuid not null,
  integration_id uuid not null,
  thread_hash bytea not null,
  human_until timestamptz not null,
  primary key (organization_id, integration_id, thread_hash),
  foreign key (organization_id, integration_id) references integrations (organization_id, id)
);
${tenantTable('threads', { update: ['human_until'] })}
${routerReads('threads', ['organization_id', 'thread_hash'])}
${purgeable('threads', { key: 'thread_hash' })}

-- A page that Facebook wants left alone is not worked on before its time.
grant select (paused_until) on facebook_page_integrations to pagekeeper_router;

set local role pagekeeper_router;
create or replace function router.insert_webhook_events(ids uuid[], page_ids text[], organization_ids uuid[],
  integration_ids uuid[], generations integer[], kinds text[], person_hashes bytea[], thread_hashes bytea[],
  payloads bytea[])
returns table (row_position bigint, outcome text)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  if cardinality(page_ids) <> cardinality(ids) or cardinality(organization_ids) <> cardinality(ids)
    or cardinality(integration_ids) <> cardinality(ids) or cardinality(generations) <> cardinality(ids)
    or cardinality(kinds) <> cardinality(ids) or cardinality(person_hashes) <> cardinality(ids)
    or cardinality(thread_hashes) <> cardinality(ids) or cardinality(payloads) <> cardinality(ids) then
    raise exception 'arrays of unequal length';
  end if;
  return query
  with given as materialized (
    select g.*, c.page_id is not null as is_routed
    from unnest(ids, page_ids, organization_ids, integration_ids, generations, kinds, person_hashes, thread_hashes,
      payloads) with ordinality as g (id, page_id, organization_id, integration_id, generation, kind, person_hash,
      thread_hash, payload, row_position)
    left join public.page_claims c on c.page_id = g.page_id and c.organization_id = g.organization_id
      and c.integration_id = g.integration_id and c.generation = g.generation
  ), inserted as (
    insert into public.webhook_events
      (organization_id, id, integration_id, page_id, kind, person_hash, thread_hash, payload)
    select g.organization_id, g.id, g.integration_id, g.page_id, g.kind, g.person_hash, g.thread_hash, g.payload
    from given g where g.is_routed order by g.organization_id, g.id
    on conflict do nothing
    returning organization_id, id
  )
  select g.row_position, case when g.is_routed then 'duplicate' else 'stale' end
  from given g left join inserted i on i.organization_id = g.organization_id and i.id = g.id
  where i.id is null;
end $$;

-- Integrations after a place that have events to work on now, found by jumping from one to the next in the index.
drop function router.pending_integrations(integer);
create function router.pending_integrations(after_organization uuid, after_integration uuid, batch integer)
returns table (organization_id uuid, integration_id uuid)
language sql stable security definer set search_path = '' as $$
  with recursive step as (
    (select e.organization_id, e.integration_id from public.webhook_events e
     where e.state = 'pending' and (e.organization_id, e.integration_id) > (after_organization, after_integration)
     order by e.organization_id, e.integration_id limit 1)
    union all
    select n.organization_id, n.integration_id from step s, lateral (
      select e.organization_id, e.integration_id from public.webhook_events e
      where e.state = 'pending' and (e.organization_id, e.integration_id) > (s.organization_id, s.integration_id)
      order by e.organization_id, e.integration_id limit 1
    ) n
  )
  select s.organization_id, s.integration_id from step s
  join public.organizations o on o.id = s.organization_id and o.is_active
  left join public.facebook_page_integrations p on p.organization_id = s.organization_id and p.id = s.integration_id
  where (p.paused_until is null or p.paused_until <= app.now())
    and exists (
      select from public.webhook_events e
      where e.organization_id = s.organization_id and e.integration_id = s.integration_id and e.state = 'pending'
        and (e.not_before is null or e.not_before <= clock_timestamp())
    )
  limit batch
$$;
revoke all on function router.pending_integrations from public;
grant execute on function router.pending_integrations to pagekeeper_app;
reset role;

-- The smallest id of an event of this moment: ids begin with their time in milliseconds.
create function app.event_id_at(moment timestamptz) returns uuid
language sql immutable set search_path = '' as $$
  select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Only the owner may move rows between partitions, or look whether one is done with.
create policy owner_moves on partitions.webhook_events_default to pagekeeper_owner using (true) with check (true);

-- Makes the weeks that are missing between two times; what had come for one before, to the default partition, is moved.
create function app.make_event_partitions(since timestamptz, until timestamptz) returns integer
language plpgsql volatile security definer set search_path = '' as $$
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
      execute format('create table partitions.%I (like public.webhook_events including all)', name);
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
end $$;

-- Drops the weeks that ended before a time and have nothing left to do.
create function app.drop_event_partitions(before timestamptz) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  week record;
  is_open boolean;
  dropped integer := 0;
begin
  if before > app.now() - interval '8 days' then raise exception 'younger than the windows for replies'; end if;
  for week in
    select c.relname, to_timestamp(right(c.relname, 8) || ' +00', 'YYYYMMDD TZH') as begins
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'partitions' and c.relkind = 'r' and c.relname ~ '^webhook_events_[0-9]{8}$'
    order by c.relname
  loop
    continue when week.begins + interval '7 days' > before;
    execute format('select exists (select from partitions.%I where state = ''pending'')', week.relname) into is_open;
    continue when is_open;
    execute format('drop table partitions.%I', week.relname);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

-- The old and the timeless leave by the day they came.
create function app.forget_events(before timestamptz, batch integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  forgotten integer;
begin
  if before > app.now() - interval '8 days' then raise exception 'younger than the windows for replies'; end if;
  delete from partitions.webhook_events_default where ctid in (
    select ctid from partitions.webhook_events_default
    where received_at < before and state <> 'pending' limit batch
  );
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;

revoke all on function app.make_event_partitions, app.drop_event_partitions, app.forget_events from public;
grant execute on function app.make_event_partitions, app.drop_event_partitions, app.forget_events to pagekeeper_app;

select app.make_event_partitions(now() - interval '7 days', now() + interval '28 days');
`;

export const down = `
create temp table kept on commit drop as select * from webhook_events with no data;
alter table webhook_events no force row level security;
insert into kept select * from webhook_events;
drop function app.make_event_partitions, app.drop_event_partitions, app.forget_events;
do $$
declare
  week record;
begin
  for week in select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'partitions' and c.relkind = 'r' and c.relname ~ '^webhook_events_[0-9]{8}$'
  loop
    execute format('drop table partitions.%I', week.relname);
  end loop;
end $$;
delete from webhook_events;
insert into webhook_events select * from kept;
drop policy owner_moves on partitions.webhook_events_default;
drop function app.event_id_at;

set local role pagekeeper_router;
drop function router.pending_integrations(uuid, uuid, integer);
create function router.pending_integrations(batch integer)
returns table (organization_id uuid, integration_id uuid)
language sql stable security definer set search_path = '' as $$
  select e.organization_id, e.integration_id from public.webhook_events e
  join public.organizations o on o.id = e.organization_id and o.is_active
  where e.state = 'pending' group by e.organization_id, e.integration_id limit batch
$$;
revoke all on function router.pending_integrations from public;
grant execute on function router.pending_integrations to pagekeeper_app;
reset role;
revoke select (paused_until) on facebook_page_integrations from pagekeeper_router;

drop table threads;
drop index replies_lately, replies_sent_comments, webhook_events_failed;
revoke update (kind, rule, event_id) on replies from pagekeeper_app;
alter table replies drop column thread_hash, drop column text;
alter table webhook_events drop column page_id, drop column replay, force row level security;
`;
