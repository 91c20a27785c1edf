const tables = { idempotency_keys: 'organization_id', personal_idempotency_keys: 'user_id' };

/** What is cheap on the first day stays so: replies are kept, answers come by the million, and clocks are put forward. */
export const up = `
-- Those that people look for among all that was sent, and a tenant's conversations by the person.
create index replies_rare on replies (organization_id, id) where state in ('rejected', 'unknown', 'shadow');
create index threads_thread on threads (organization_id, thread_hash);
create index webhook_events_default_age on partitions.webhook_events_default (received_at);

-- The last part of a comment's id, with and without its post: a function that is not leakproof is no condition of an index
-- where row level security stands before it, and every comment that a page ever wrote would be read.
alter table replies add column sent_comment text;
create function app.note_sent_comment() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.sent_comment := substring(new.sent_id from '[^_]+$');
  return new;
end $$;
create trigger replies_sent_comment before update of sent_id on replies
  for each row when (new.kind = 'public_comment') execute function app.note_sent_comment();
-- Those of the last eight days: longer ago nothing is answered, and no word of the page counts as a human's. From here on
-- replies stand still until the end: minutes for a million of them, 194 s were measured on two busy cores.
create policy owner_fills on replies to pagekeeper_owner using (true) with check (true);
update replies set sent_id = sent_id
where kind = 'public_comment' and sent_id is not null and sending_at > now() - interval '8 days';
drop policy owner_fills on replies;
drop index replies_sent_comments;
create index replies_sent_comment on replies (organization_id, page_id, sent_comment) where sent_comment is not null;

-- Seven days are seven times 24 hours, whether or not a clock was put forward in between.
alter function app.make_event_partitions set timezone = 'UTC';
alter function app.drop_event_partitions set timezone = 'UTC';

grant select (user_id) on personal_idempotency_keys to pagekeeper_router;
set local role pagekeeper_router;
${forgetAnswers(
  Object.entries(tables).map(
    ([table, owner]) => `
  delete from public.${table} k using (select o.${owner}, o.id from public.${table} o
    where o.created_at < now() - interval '24 hours' order by o.created_at limit batch) old
  where k.${owner} = old.${owner} and k.id = old.id;`,
  ),
)}
-- In the order of the steps, whatever is joined: callers go on behind the last one.
${pendingIntegrations(`
  cross join lateral (
    select from public.organizations o where o.id = s.organization_id and o.is_active offset 0
  ) active
  left join lateral (
    select p.paused_until from public.facebook_page_integrations p
    where p.organization_id = s.organization_id and p.id = s.integration_id offset 0
  ) p on true`)}
${lateChecks(' order by p.next_check_at limit 50000')}
reset role;
`;

export const down = `
set local role pagekeeper_router;
${lateChecks('')}
${pendingIntegrations(`
  join public.organizations o on o.id = s.organization_id and o.is_active
  left join public.facebook_page_integrations p on p.organization_id = s.organization_id and p.id = s.integration_id`)}
${forgetAnswers(
  Object.keys(tables).map(
    table => `
  delete from public.${table} where id in (select k.id from public.${table} k
    where k.created_at < now() - interval '24 hours' limit batch);`,
  ),
)}
reset role;
revoke select (user_id) on personal_idempotency_keys from pagekeeper_router;
alter function app.drop_event_partitions reset timezone;
alter function app.make_event_partitions reset timezone;
drop index partitions.webhook_events_default_age, threads_thread, replies_rare;
drop index replies_sent_comment;
create index replies_sent_comments on replies (organization_id, page_id, (substring(sent_id from '[^_]+$')))
  where kind = 'public_comment' and sent_id is not null;
drop trigger replies_sent_comment on replies;
drop function app.note_sent_comment;
alter table replies drop column sent_comment;
`;

/** @param deletes one statement for organizations' answers, one for people's */
function forgetAnswers([ofOrganizations, ofPeople]: string[]): string {
  return `
create or replace function router.forget_answers(batch integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  forgotten integer;
  more integer;
begin${ofOrganizations}
  get diagnostics forgotten = row_count;${ofPeople}
  get diagnostics more = row_count;
  return forgotten + more;
end $$;`;
}

/** @param joined the organization, which is active, and the page as `p` */
function pendingIntegrations(joined: string): string {
  return `
create or replace function router.pending_integrations(after_organization uuid, after_integration uuid, batch integer)
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
  select s.organization_id, s.integration_id from step s${joined}
  where (p.paused_until is null or p.paused_until <= app.now())
    and exists (
      select from public.webhook_events e
      where e.organization_id = s.organization_id and e.integration_id = s.integration_id and e.state = 'pending'
        and (e.not_before is null or e.not_before <= clock_timestamp())
    )
  limit batch
$$;`;
}

/** @param bound so many of those that are due longest are looked at: after an outage the figure would cost a minute */
function lateChecks(bound: string): string {
  return `
create or replace function router.late_checks(out checks bigint, out oldest_seconds double precision)
language sql stable security definer set search_path = '' set enable_seqscan = off as $$
  with due as materialized (
    select p.organization_id, p.id, p.next_check_at
    from public.facebook_page_integrations p where p.next_check_at <= app.now()${bound}
  )
  select count(*), coalesce(extract(epoch from app.now() - min(d.next_check_at)), 0)::double precision from due d
  where (select o.is_active from public.organizations o where o.id = d.organization_id)
    and (select i.is_active and (select b.is_active from public.businesses b
           where b.organization_id = i.organization_id and b.id = i.business_id)
         from public.integrations i where i.organization_id = d.organization_id and i.id = d.id)
$$;`;
}
