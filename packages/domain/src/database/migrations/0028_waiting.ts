/**
 * A page whose token works again is marked until its events go on: a lost job would leave them parked until the next
 * check. And the figures of what waits mean what somebody can act on.
 */
export const up = `
alter table facebook_page_integrations add column revived_at timestamptz;
create index facebook_page_integrations_revived on facebook_page_integrations (organization_id, id)
  where revived_at is not null;
grant update (revived_at) on facebook_page_integrations to pagekeeper_app;
grant select (revived_at) on facebook_page_integrations to pagekeeper_router;
grant select (replay) on webhook_events to pagekeeper_router;
grant select (until) on app_pauses to pagekeeper_router;

set local role pagekeeper_router;
-- Pages whose parked events may go on, and nobody has told them.
create function router.revived_pages(batch integer)
returns table (organization_id uuid, integration_id uuid)
language sql stable security definer set search_path = '' as $$
  select p.organization_id, p.id from public.facebook_page_integrations p
  join public.organizations o on o.id = p.organization_id and o.is_active
  where p.revived_at is not null
  limit batch
$$;

-- For how many seconds more no call of ours goes to Facebook: its wish, or since our calls fail; 0 while they are fine.
create function router.app_pause(out seconds double precision)
language sql stable security definer set search_path = '' as $$
  select coalesce(extract(epoch from max(p.until) - app.now()), 0)::double precision
  from public.app_pauses p where p.until > app.now()
$$;
revoke all on function router.revived_pages, router.app_pause from public;
grant execute on function router.revived_pages, router.app_pause to pagekeeper_app;

-- Events that are not done with, and for how long the oldest waits. Counted up to a bound: a backlog must not make its
-- own figure expensive. How long is asked of the first in line of each page, up to a fiftieth as many pages, so that one
-- page's backlog hides no other's: since it is due, and neither of a page that is paused nor a replay. "ending" are those
-- that wait for a token and were written 20 to 24 hours ago.
create or replace function router.waiting_events(bound integer)
returns table (state text, events bigint, oldest_seconds double precision)
language sql stable security definer set search_path = '' set enable_seqscan = off as $$
  with recursive pending_page as (
    (select e.organization_id, e.integration_id from public.webhook_events e where e.state = 'pending'
     order by e.organization_id, e.integration_id limit 1)
    union all
    select n.organization_id, n.integration_id from pending_page p, lateral (
      select e.organization_id, e.integration_id from public.webhook_events e
      where e.state = 'pending' and (e.organization_id, e.integration_id) > (p.organization_id, p.integration_id)
      order by e.organization_id, e.integration_id limit 1
    ) n
  ), parked_page as (
    (select e.organization_id, e.integration_id from public.webhook_events e where e.state = 'parked'
     order by e.organization_id, e.integration_id limit 1)
    union all
    select n.organization_id, n.integration_id from parked_page p, lateral (
      select e.organization_id, e.integration_id from public.webhook_events e
      where e.state = 'parked' and (e.organization_id, e.integration_id) > (p.organization_id, p.integration_id)
      order by e.organization_id, e.integration_id limit 1
    ) n
  ), clock as materialized (select app.now() as business, pg_catalog.clock_timestamp() as real)
  select 'pending',
    (select count(*) from (select from public.webhook_events e
       where e.state = 'pending' and (e.not_before is null or e.not_before <= (select real from clock)) limit bound) c),
    coalesce((select extract(epoch from max((select real from clock) - first_in_line.since))
      from (select * from pending_page limit bound / 50) p
      join public.facebook_page_integrations f on f.organization_id = p.organization_id and f.id = p.integration_id
        and (f.paused_until is null or f.paused_until <= (select business from clock)),
      lateral (select greatest(e.received_at, e.not_before) as since from public.webhook_events e
        where e.organization_id = p.organization_id and e.integration_id = p.integration_id and e.state = 'pending'
          and e.replay is null and (e.not_before is null or e.not_before <= (select real from clock))
        order by e.id limit 1) first_in_line), 0)::double precision
  union all
  select 'parked',
    (select count(*) from (select from public.webhook_events e where e.state = 'parked' limit bound) c),
    coalesce((select extract(epoch from max((select real from clock) - first_in_line.received_at))
      from (select * from parked_page limit bound / 50) p,
      lateral (select e.received_at from public.webhook_events e
        where e.organization_id = p.organization_id and e.integration_id = p.integration_id and e.state = 'parked'
        order by e.id limit 1) first_in_line), 0)::double precision
  union all
  select 'ending', coalesce(sum(late.events), 0)::bigint, 0
  from (select * from parked_page limit bound / 50) p,
  lateral (select count(*) as events from (
    select from public.webhook_events e
    where e.organization_id = p.organization_id and e.integration_id = p.integration_id and e.state = 'parked'
      and e.id between app.event_id_at((select business from clock) - interval '24 hours')
        and app.event_id_at((select business from clock) - interval '20 hours')
    limit 1000) c) late
$$;
reset role;
`;

export const down = `
set local role pagekeeper_router;
drop function router.revived_pages, router.app_pause;
create or replace function router.waiting_events(bound integer)
returns table (state text, events bigint, oldest_seconds double precision)
language sql stable security definer set search_path = '' set enable_seqscan = off as $$
  select 'pending', count(*), coalesce(extract(epoch from pg_catalog.clock_timestamp() - min(e.received_at)), 0)::double precision
  from (select w.received_at from public.webhook_events w
    where w.state = 'pending' and (w.not_before is null or w.not_before <= pg_catalog.clock_timestamp()) limit bound) e
  union all
  select 'parked', count(*), coalesce(extract(epoch from pg_catalog.clock_timestamp() - min(e.received_at)), 0)::double precision
  from (select w.received_at from public.webhook_events w where w.state = 'parked' limit bound) e
$$;
reset role;
revoke select (until) on app_pauses from pagekeeper_router;
revoke select (replay) on webhook_events from pagekeeper_router;
revoke select (revived_at) on facebook_page_integrations from pagekeeper_router;
revoke update (revived_at) on facebook_page_integrations from pagekeeper_app;
drop index facebook_page_integrations_revived;
alter table facebook_page_integrations drop column revived_at;
`;
