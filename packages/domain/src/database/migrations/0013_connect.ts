import { purgeable, routerReads, tenantTable } from '../tenant-table.ts';

/** Connecting pages through Facebook's login dialog, moving a page's claim, and people who take their grant back. */
export const up = `
-- One way through the dialog. Only the browser session that began it may come back with its state, once.
create table facebook_connections (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  business_id uuid not null,
  user_id uuid not null references auth.users (id),
  session_id uuid not null,
  state_hash bytea not null,
  reconnect_id uuid,
  state text not null default 'waiting' check (state in ('waiting', 'exchanging', 'ready', 'failed')),
  reason jsonb,
  login_id uuid,
  missing_permissions text[] not null default '{}',
  pages jsonb not null default '[]',
  pages_total integer not null default 0,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, state_hash),
  foreign key (organization_id, business_id) references businesses (organization_id, id),
  foreign key (organization_id, reconnect_id) references integrations (organization_id, id),
  foreign key (organization_id, login_id) references facebook_logins (organization_id, id)
);
create index facebook_connections_login on facebook_connections (organization_id, login_id);
create index facebook_connections_end on facebook_connections (expires_at);
${tenantTable('facebook_connections', {
  update: ['state', 'reason', 'login_id', 'missing_permissions', 'pages', 'pages_total', 'expires_at', 'updated_at'],
  delete: true,
})}
${routerReads('facebook_connections', ['organization_id', 'expires_at'])}
${purgeable('facebook_connections')}

-- revoked_at: Facebook told us that the person removed the app. No call is made with such a login any more.
alter table facebook_logins add column revoked_at timestamptz;
grant select (person_hash, created_at, revoked_at, generation) on facebook_logins to pagekeeper_router;
create policy router_revokes on facebook_logins for update to pagekeeper_router using (true) with check (true);
grant update (access_token, revoked_at, generation) on facebook_logins to pagekeeper_router;

-- moved_at: another organization took the page over, and the people here were not told yet.
alter table facebook_page_integrations add column moved_at timestamptz;
grant update (moved_at) on facebook_page_integrations to pagekeeper_app;
create index facebook_page_integrations_moved on facebook_page_integrations (moved_at) where moved_at is not null;
grant select (page_id, generation, moved_at) on facebook_page_integrations to pagekeeper_router;
create policy router_writes on facebook_page_integrations for update to pagekeeper_router
  using (true) with check (true);
grant update (page_access_token, generation, status, status_reason, status_since, next_check_at, moved_at)
  on facebook_page_integrations to pagekeeper_router;

create policy router_moves on page_claims for update to pagekeeper_router using (true) with check (true);
grant update (organization_id, integration_id, generation, claimed_at) on page_claims to pagekeeper_router;

alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check
  check (kind in ('expiring', 'dead', 'recovered', 'moved', 'taken_over'));

-- What Facebook asked us to delete of a person, and when it was done. Whose it was nobody can tell.
create table data_deletions (
  code text primary key,
  requested_at timestamptz not null,
  completed_at timestamptz not null
);
grant select on data_deletions to pagekeeper_app;
grant select, insert on data_deletions to pagekeeper_router;

set local role pagekeeper_router;

-- Organizations with ways through the dialog that ended a while ago.
create function router.ended_connections(batch integer)
returns table (organization_id uuid)
language sql stable security definer set search_path = '' as $$
  select distinct c.organization_id from public.facebook_connections c
  join public.organizations o on o.id = c.organization_id and o.is_active
  where c.expires_at < app.now() - interval '1 hour'
  limit batch
$$;

-- Moves a page's claim to an integration of the tenant of this transaction, which has just proved that its person
-- manages the page. One step: the old side's work finds another generation, its webhooks another route. Answers with
-- the old side for the job that tells it; the verb shows that to nobody.
create function router.take_over_page(page text, to_integration uuid)
returns table (organization_id uuid, integration_id uuid)
language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant uuid := nullif(current_setting('app.organization_id', true), '')::uuid;
  holder uuid;
  held_by uuid;
begin
  select c.organization_id, c.integration_id into holder, held_by from public.page_claims c where c.page_id = page;
  if holder is null or holder = tenant then
    return;
  end if;
  -- First the page, then the claim: as everybody else locks them.
  update public.facebook_page_integrations p
  set generation = p.generation + 1, status = 'disconnected', status_since = app.now(), next_check_at = null,
    moved_at = app.now(), status_reason = pg_catalog.jsonb_build_object('code', 'moved',
      'detail', 'Somebody who manages this page on Facebook connected it to another account.',
      'fix', 'If that was not meant, a person who manages the page connects it here again, and takes it over.')
  where p.organization_id = holder and p.id = held_by;
  update public.page_claims c
  set organization_id = tenant, integration_id = to_integration, generation = p.generation, claimed_at = app.now()
  from public.facebook_page_integrations p
  where c.page_id = page and c.organization_id = holder and c.integration_id = held_by
    and p.organization_id = tenant and p.id = to_integration and p.page_id = page;
  if not found then
    raise exception 'the claim is not what it was' using errcode = '40001';
  end if;
  return query select holder, held_by;
end $$;

-- Pages that were taken over, whose people were not told yet.
create function router.moved_pages(batch integer)
returns table (organization_id uuid, integration_id uuid)
language sql stable security definer set search_path = '' as $$
  select p.organization_id, p.id from public.facebook_page_integrations p
  join public.organizations o on o.id = p.organization_id and o.is_active
  where p.moved_at is not null
  limit batch
$$;

-- Makes the pages of one Facebook person due at once, in every organization: a new grant may have narrowed the others.
-- Locked in the order in which checks lock them.
create function router.recheck_person(person bytea, except_login uuid)
returns table (organization_id uuid, login_id uuid)
language sql volatile security definer set search_path = '' as $$
  with others as materialized (
    select p.organization_id, p.id, p.login_id from public.facebook_logins l
    join public.facebook_page_integrations p on p.organization_id = l.organization_id and p.login_id = l.id
    where l.person_hash = person and l.id is distinct from except_login and p.next_check_at is not null
    order by p.organization_id, p.page_id
    for update of p
  ), due as (
    update public.facebook_page_integrations p set next_check_at = app.now()
    from others o where p.organization_id = o.organization_id and p.id = o.id
  )
  select distinct o.organization_id, o.login_id from others o
$$;

-- A person removed the app: their logins of before are revoked in every organization, and the pages behind them due.
-- With a deletion's code the tokens are erased too, and the deletion is noted. The second time nothing is left to do.
create function router.revoke_person(person bytea, asked_at timestamptz, deletion text)
returns table (organization_id uuid, login_id uuid)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  revoked uuid[];
begin
  -- Facebook counts in whole seconds.
  select array_agg(l.id) into revoked from (
    select id from public.facebook_logins
    where person_hash = person and created_at < asked_at + interval '1 second'
    order by organization_id, id for update
  ) l;
  update public.facebook_logins l set revoked_at = app.now(), generation = l.generation + 1
  where l.person_hash = person and l.id = any (revoked) and l.revoked_at is null;
  if deletion is not null then
    update public.facebook_logins l set access_token = '' where l.person_hash = person and l.id = any (revoked);
    update public.facebook_page_integrations p set page_access_token = '' from public.facebook_logins l
    where l.person_hash = person and l.id = any (revoked)
      and p.organization_id = l.organization_id and p.login_id = l.id;
    insert into public.data_deletions (code, requested_at, completed_at) values (deletion, asked_at, app.now())
    on conflict do nothing;
  end if;
  return query
  with others as materialized (
    select p.organization_id, p.id, p.login_id from public.facebook_logins l
    join public.facebook_page_integrations p on p.organization_id = l.organization_id and p.login_id = l.id
    where l.person_hash = person and l.id = any (revoked) and p.next_check_at is not null
    order by p.organization_id, p.page_id
    for update of p
  ), due as (
    update public.facebook_page_integrations p set next_check_at = app.now()
    from others o where p.organization_id = o.organization_id and p.id = o.id
  )
  select distinct o.organization_id, o.login_id from others o;
end $$;

revoke all on function router.ended_connections, router.take_over_page, router.moved_pages, router.recheck_person,
  router.revoke_person from public;
grant execute on function router.ended_connections, router.take_over_page, router.moved_pages, router.recheck_person,
  router.revoke_person to pagekeeper_app;
reset role;
`;

export const down = `
set local role pagekeeper_router;
drop function router.ended_connections, router.take_over_page, router.moved_pages, router.recheck_person,
  router.revoke_person;
reset role;
drop table data_deletions, facebook_connections;
alter table notifications no force row level security;
delete from notifications where kind = 'taken_over';
alter table notifications force row level security;
alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check
  check (kind in ('expiring', 'dead', 'recovered', 'moved'));
drop policy router_moves on page_claims;
revoke update (organization_id, integration_id, generation, claimed_at) on page_claims from pagekeeper_router;
drop policy router_writes on facebook_page_integrations;
revoke update (page_access_token, generation, status, status_reason, status_since, next_check_at)
  on facebook_page_integrations from pagekeeper_router;
revoke select (page_id, generation) on facebook_page_integrations from pagekeeper_router;
alter table facebook_page_integrations drop column moved_at;
drop policy router_revokes on facebook_logins;
revoke select (person_hash, created_at, generation), update (access_token, generation)
  on facebook_logins from pagekeeper_router;
alter table facebook_logins drop column revoked_at;
`;
