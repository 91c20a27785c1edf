const waitingEvents = (pending: string, more: string) => `
create or replace function router.waiting_events(bound integer)
returns table (state text, events bigint, oldest_seconds double precision)
language sql stable security definer set search_path = '' set enable_seqscan = off as $$
${pending}
  union all
  select 'parked', count(*), coalesce(extract(epoch from pg_catalog.clock_timestamp() - min(e.received_at)), 0)::double precision
  from (select w.received_at from public.webhook_events w where w.state = 'parked' limit bound) e${more}
$$;
`;

/**
 * A page whose token works again is marked until its events go on: a lost job would leave them parked until the next
 * check. And the figure of what waits means what somebody can act on: since when an event is due, and not held up by a
 * pause that Facebook asks for or by a replay; and those that are about to miss their answer.
 */
export const up = `
alter table facebook_page_integrations add column revived_at timestamptz;
create index facebook_page_integrations_revived on facebook_page_integrations (organization_id, id)
  where revived_at is not null;
grant update (revived_at) on facebook_page_integrations to pagekeeper_app;
grant select (revived_at) on facebook_page_integrations to pagekeeper_router;
grant select (replay) on webhook_events to pagekeeper_router;

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
revoke all on function router.revived_pages from public;
grant execute on function router.revived_pages to pagekeeper_app;
${waitingEvents(
  `  select 'pending', count(*), coalesce(extract(epoch from pg_catalog.clock_timestamp() - min(greatest(e.received_at, e.not_before))
      filter (where e.replay is null and not exists (
        select from public.facebook_page_integrations p
        where p.organization_id = e.organization_id and p.id = e.integration_id and p.paused_until > app.now()
      ))), 0)::double precision
  from (select w.organization_id, w.integration_id, w.received_at, w.not_before, w.replay from public.webhook_events w
    where w.state = 'pending' and (w.not_before is null or w.not_before <= pg_catalog.clock_timestamp()) limit bound) e`,
  `
  union all
  select 'ending', count(*), coalesce(extract(epoch from pg_catalog.clock_timestamp() - min(e.received_at)), 0)::double precision
  from (select w.received_at from public.webhook_events w where w.state = 'parked' limit bound) e
  where e.received_at between pg_catalog.clock_timestamp() - interval '24 hours'
    and pg_catalog.clock_timestamp() - interval '20 hours'`,
)}
reset role;
`;

export const down = `
set local role pagekeeper_router;
drop function router.revived_pages;
${waitingEvents(
  `  select 'pending', count(*), coalesce(extract(epoch from pg_catalog.clock_timestamp() - min(e.received_at)), 0)::double precision
  from (select w.received_at from public.webhook_events w
    where w.state = 'pending' and (w.not_before is null or w.not_before <= pg_catalog.clock_timestamp()) limit bound) e`,
  '',
)}
reset role;
revoke select (replay) on webhook_events from pagekeeper_router;
revoke select (revived_at) on facebook_page_integrations from pagekeeper_router;
revoke update (revived_at) on facebook_page_integrations from pagekeeper_app;
drop index facebook_page_integrations_revived;
alter table facebook_page_integrations drop column revived_at;
`;
