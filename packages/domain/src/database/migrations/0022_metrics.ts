/** Figures of the whole system, for whoever watches it: counts and ages by words of ours, and no id. */
export const up = `
create index facebook_page_integrations_status on facebook_page_integrations (status) where next_check_at is not null;
grant select (status) on facebook_page_integrations to pagekeeper_router;
grant select (received_at) on webhook_events to pagekeeper_router;
grant select (created_at) on organization_keys to pagekeeper_router;

set local role pagekeeper_router;
-- Pages that are kept alive, by what is known of their tokens.
create function router.page_statuses()
returns table (status text, pages bigint)
language sql stable security definer set search_path = '' as $$
  select p.status, count(*) from public.facebook_page_integrations p where p.next_check_at is not null group by p.status
$$;

-- Checks that should have begun, and how late the latest is. Each due page is looked up by keys, as in due_logins.
create function router.late_checks(out checks bigint, out oldest_seconds double precision)
language sql stable security definer set search_path = '' set enable_seqscan = off as $$
  with due as materialized (
    select p.organization_id, p.id, p.next_check_at
    from public.facebook_page_integrations p where p.next_check_at <= app.now()
  )
  select count(*), coalesce(extract(epoch from app.now() - min(d.next_check_at)), 0)::double precision from due d
  where (select o.is_active from public.organizations o where o.id = d.organization_id)
    and (select i.is_active and (select b.is_active from public.businesses b
           where b.organization_id = i.organization_id and b.id = i.business_id)
         from public.integrations i where i.organization_id = d.organization_id and i.id = d.id)
$$;

-- Events that wait to be worked on, and for how long the oldest does. Each state is looked at up to a bound: a backlog
-- must not make its own figure expensive. By sequence Postgres would read all events there are.
create function router.waiting_events(bound integer)
returns table (state text, events bigint, oldest_seconds double precision)
language sql stable security definer set search_path = '' set enable_seqscan = off as $$
  select 'pending', count(*), coalesce(extract(epoch from pg_catalog.clock_timestamp() - min(e.received_at)), 0)::double precision
  from (select w.received_at from public.webhook_events w
    where w.state = 'pending' and (w.not_before is null or w.not_before <= pg_catalog.clock_timestamp()) limit bound) e
  union all
  select 'parked', count(*), coalesce(extract(epoch from pg_catalog.clock_timestamp() - min(e.received_at)), 0)::double precision
  from (select w.received_at from public.webhook_events w where w.state = 'parked' limit bound) e
$$;

-- The age of the oldest data key that seals what is new.
create function router.data_key_age(out seconds double precision)
language sql stable security definer set search_path = '' as $$
  select extract(epoch from pg_catalog.now() - min(k.created_at))::double precision
  from public.organization_keys k where k.is_current
$$;

revoke all on function router.page_statuses, router.late_checks, router.waiting_events, router.data_key_age from public;
grant execute on function router.page_statuses, router.late_checks, router.waiting_events, router.data_key_age
  to pagekeeper_app;
reset role;
`;

export const down = `
set local role pagekeeper_router;
drop function router.page_statuses, router.late_checks, router.waiting_events, router.data_key_age;
reset role;
revoke select (created_at) on organization_keys from pagekeeper_router;
revoke select (received_at) on webhook_events from pagekeeper_router;
revoke select (status) on facebook_page_integrations from pagekeeper_router;
drop index facebook_page_integrations_status;
`;
