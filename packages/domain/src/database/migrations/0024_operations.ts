/** What those who run the system ask for, and the history of a page's status. */
export const up = `
set local role pagekeeper_router;
-- How many events of the whole system are not done with, for staff only; each is counted up to a bound. Every state has
-- an index of its own, which holds just these: by sequence Postgres would read all events there are.
create function router.staff_event_counts(bound integer, out pending integer, out parked integer, out failed integer)
language sql stable security definer set search_path = '' set enable_seqscan = off as $$
  select
    (select count(*)::integer from (select from public.webhook_events e where e.state = 'pending' limit bound) as c),
    (select count(*)::integer from (select from public.webhook_events e where e.state = 'parked' limit bound) as c),
    (select count(*)::integer from (select from public.webhook_events e where e.state = 'failed' limit bound) as c)
  where (select router.is_staff())
$$;
revoke all on function router.staff_event_counts from public;
grant execute on function router.staff_event_counts to pagekeeper_app;
reset role;

create index audit_events_status on audit_events (organization_id, subject_id, id)
  where action = 'integration.status_changed';

-- Business time, as in its id: the overview counts by that.
alter table replies alter column created_at set default app.now();
`;

export const down = `
alter table replies alter column created_at set default now();
drop index audit_events_status;
set local role pagekeeper_router;
drop function router.staff_event_counts;
reset role;
`;
