import { currentOrganization, currentUser, purgeable, routerReads, tenantTable } from '../tenant-table.ts';

const tenantTables = [
  'webhook_events',
  'replies',
  'facebook_page_integrations',
  'facebook_logins',
  'integrations',
  'businesses',
  'invitations',
  'api_keys',
  'staff_entries',
  'idempotency_keys',
  'audit_events',
  'organization_memberships',
  'organization_keys',
];

/** How things end: pages are left, organizations are purged; and what staff may do until then. */
export const up = `
-- Pages that our app is to be taken off. Without a token of its own a row stands for the one that the integration has.
-- due_at moves with every attempt: a crash, a lost nudge and a failed call are all found by the same sweep.
create table page_unsubscriptions (
  organization_id uuid not null,
  id uuid not null,
  integration_id uuid not null,
  page_id text not null,
  page_access_token bytea,
  attempts smallint not null default 0,
  due_at timestamptz not null,
  primary key (organization_id, id),
  unique (organization_id, page_id),
  foreign key (organization_id, integration_id) references facebook_page_integrations (organization_id, id)
);
create index page_unsubscriptions_due on page_unsubscriptions (due_at);
${tenantTable('page_unsubscriptions', {
  update: ['integration_id', 'page_access_token', 'attempts', 'due_at'],
  delete: true,
})}
${routerReads('page_unsubscriptions', ['organization_id', 'id', 'due_at'])}

-- Outlives the organization that it erases, and tells nothing of it but its id. To be seen by who asked for it.
create table organization_purges (
  id uuid primary key,
  organization uuid not null unique,
  user_id uuid references auth.users (id) on delete set null,
  state text not null default 'unsubscribing' check (state in ('unsubscribing', 'erasing', 'finished')),
  pages_left integer not null,
  rows_erased bigint not null default 0,
  lease_token uuid,
  lease_until timestamptz,
  asked_at timestamptz not null default now(),
  finished_at timestamptz
);
create index organization_purges_running on organization_purges (organization) where finished_at is null;
alter table organization_purges enable row level security;
alter table organization_purges force row level security;
create policy person on organization_purges for select to pagekeeper_app using (user_id = ${currentUser});
create policy person_asks on organization_purges for insert to pagekeeper_app
  with check (user_id = ${currentUser} and organization = ${currentOrganization});
grant select, insert (id, organization, user_id, pages_left) on organization_purges to pagekeeper_app;
create policy router_reads on organization_purges for select to pagekeeper_router using (true);
create policy router_works on organization_purges for update to pagekeeper_router using (true) with check (true);
grant select, update (state, pages_left, rows_erased, lease_token, lease_until, finished_at)
  on organization_purges to pagekeeper_router;

-- From the moment a purge is asked for, no person and no key comes in any more.
alter table organizations add column purge_id uuid references organization_purges (id);
grant update (purge_id) on organizations to pagekeeper_app;
grant select (purge_id) on organizations to pagekeeper_router;

-- Which organization the answer to a person speaks of, where it speaks of one.
alter table personal_idempotency_keys add column about_organization uuid;
create index personal_idempotency_keys_about on personal_idempotency_keys (about_organization)
  where about_organization is not null;

${routerReads('audit_events', ['organization_id', 'id'])}
${routerReads('replies', ['organization_id', 'id'])}
${routerReads('facebook_logins', ['organization_id', 'id'])}
grant select (id) on staff_entries, organization_memberships to pagekeeper_router;
${['page_unsubscriptions', ...tenantTables].map(table => purgeable(table)).join('')}
${purgeable('page_claims', { key: 'page_id' })}
${purgeable('organizations', { tenantColumn: 'id' })}
${purgeable('personal_idempotency_keys', { tenantColumn: 'about_organization' })}

-- What staff do carries the reason that they gave when they came in.
alter table audit_events add column reason text;

-- Whoever has the owner's URL appoints staff. No process of ours has it.
create policy owner_finds on auth.users for select to pagekeeper_owner using (true);
create policy owner_appoints on auth.users for update to pagekeeper_owner using (true) with check (true);

set local role pagekeeper_router;
${doors(' and o.purge_id is null')}
${staffFunctions()}
${purgeFunctions()}
revoke all on all functions in schema router from public;
grant execute on all functions in schema router to pagekeeper_app;
reset role;
`;

/** Doors and lists as they were, with one more condition on the organization `o`. */
function doors(condition: string): string {
  return `
create or replace function router.enter(person uuid, by_id uuid, by_slug text, allow_inactive boolean,
  out organization_id uuid, out role text)
language plpgsql volatile security definer set search_path = '' as $$
begin
  select m.organization_id, m.role into organization_id, role
  from public.organizations o
  join public.organization_memberships m on m.organization_id = o.id and m.user_id = person and m.is_active
  where (o.id = by_id or (o.slug = by_slug and o.is_active)) and (o.is_active or allow_inactive)${condition};
  if organization_id is null then
    select s.organization_id, 'STAFF' into organization_id, role
    from public.organizations o
    join public.staff_entries s on s.organization_id = o.id and s.user_id = person and s.expires_at > app.now()
    join auth.users u on u.id = person and u.is_staff
    where (o.id = by_id or (o.slug = by_slug and o.is_active)) and (o.is_active or allow_inactive)${condition}
    limit 1;
  end if;
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', person::text, true);
end $$;

create or replace function router.enter_key(hash bytea, by_id uuid, by_slug text, allow_inactive boolean,
  out organization_id uuid, out role text, out key_id uuid, out scopes text[])
language plpgsql volatile security definer set search_path = '' as $$
begin
  select k.organization_id, k.role, k.id, k.scopes into organization_id, role, key_id, scopes
  from public.api_keys k
  where k.secret_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > app.now());
  if key_id is null then
    raise exception 'no such key' using errcode = 'PK401';
  end if;
  perform from public.organizations o
  where o.id = organization_id and (o.is_active or allow_inactive)${condition}
    and (by_id is null or o.id = by_id) and (by_slug is null or (o.slug = by_slug and o.is_active));
  if not found then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', '', true);
end $$;

create or replace function router.my_organizations(person uuid)
returns table (id uuid, name text, slug text, owner_id uuid, is_active boolean, replies_paused boolean,
  version integer, created_at timestamptz, updated_at timestamptz, role text)
language sql stable security definer set search_path = '' as $$
  select o.id, o.name, o.slug, o.owner_id, o.is_active, o.replies_paused, o.version, o.created_at, o.updated_at, m.role
  from public.organization_memberships m
  join public.organizations o on o.id = m.organization_id
  where m.user_id = person and m.is_active${condition}
$$;
`;
}

function staffFunctions(): string {
  return `
-- The door through which staff come in for an hour: the entry itself is written behind it.
create function router.enter_as_staff(person uuid, by_id uuid, by_slug text, out organization_id uuid)
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from auth.users u where u.id = person and u.is_staff) then
    raise exception 'not staff' using errcode = 'PK403';
  end if;
  select o.id into organization_id from public.organizations o
  where (o.id = by_id or (o.slug = by_slug and o.is_active)) and o.purge_id is null;
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', person::text, true);
end $$;

-- Organizations for staff only, newest first, one page at a time; nothing of what is in them.
drop function router.staff_organizations();
create function router.staff_organizations(active boolean, search text, before uuid, batch integer)
returns table (id uuid, name text, slug text, owner_id uuid, is_active boolean, replies_paused boolean,
  version integer, created_at timestamptz, updated_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select o.id, o.name, o.slug, o.owner_id, o.is_active, o.replies_paused, o.version, o.created_at, o.updated_at
  from public.organizations o
  where (select router.is_staff()) and o.purge_id is null
    and (active is null or o.is_active = active)
    and (before is null or o.id < before)
    and (search is null or starts_with(lower(o.name), lower(search)) or starts_with(o.slug, lower(search)))
  order by o.id desc limit batch
$$;
`;
}

function purgeFunctions(): string {
  return `
-- Pages to be left whose time has come, of inactive and purged organizations too.
create function router.due_unsubscriptions(batch integer)
returns table (organization_id uuid, unsubscription_id uuid)
language sql stable security definer set search_path = '' as $$
  select u.organization_id, u.id from public.page_unsubscriptions u
  where u.due_at <= app.now() order by u.due_at limit batch
$$;

-- Purges that nobody works on.
create function router.running_purges(batch integer)
returns table (purge_id uuid)
language sql stable security definer set search_path = '' as $$
  select p.id from public.organization_purges p
  where p.finished_at is null and (p.lease_until is null or p.lease_until < clock_timestamp())
  order by p.asked_at limit batch
$$;

-- One process works on a purge until its lease ends; nothing comes back where another one does, or nothing is to do.
create function router.lease_purge(purge uuid, token uuid)
returns table (organization uuid, pages_left integer, waited_seconds integer, leased_at timestamptz)
language sql volatile security definer set search_path = '' as $$
  update public.organization_purges p
  set lease_token = token, lease_until = clock_timestamp() + interval '20 seconds',
    pages_left = (select count(*) from public.page_unsubscriptions u where u.organization_id = p.organization)
  where p.id = purge and p.finished_at is null and (p.lease_until is null or p.lease_until < clock_timestamp())
  returning p.organization, p.pages_left, extract(epoch from now() - p.asked_at)::integer, clock_timestamp()
$$;

create function router.release_purge(purge uuid, token uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update public.organization_purges p set lease_token = null, lease_until = null
  where p.id = purge and p.lease_token = token
$$;

-- Renews the lease for one more step; null where it was lost.
create function router.renew_purge(purge uuid, token uuid) returns uuid
language sql volatile security definer set search_path = '' as $$
  update public.organization_purges p
  set lease_until = clock_timestamp() + interval '20 seconds', state = 'erasing', pages_left = 0
  where p.id = purge and p.lease_token = token and p.finished_at is null
  returning p.organization
$$;

-- Erases some rows of one table, children before what they refer to. The policies allow it for the organization of a
-- running purge only, whatever is asked for here. Null when the lease was lost.
create function router.erase_rows(purge uuid, token uuid, table_name text, tenant_column text, key text, batch integer)
returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  target uuid := router.renew_purge(purge, token);
  erased integer;
begin
  if target is null then
    return null;
  end if;
  -- Up to the key of the batch's last row: a range of the index, also where Postgres believes that there are few rows.
  perform pg_catalog.set_config('enable_bitmapscan', 'off', true), pg_catalog.set_config('enable_sort', 'off', true);
  execute pg_catalog.format('delete from public.%1$I where %2$I = $1 and %3$I <= (
      select last.%3$I from public.%1$I last where last.%2$I = $1 order by last.%3$I offset $2 - 1 limit 1)',
    table_name, tenant_column, key) using target, batch;
  get diagnostics erased = row_count;
  if erased = 0 then
    -- Fewer than a batch.
    execute pg_catalog.format('delete from public.%1$I where %2$I = $1', table_name, tenant_column) using target;
    get diagnostics erased = row_count;
  end if;
  update public.organization_purges p set rows_erased = p.rows_erased + erased where p.id = purge;
  return erased;
end $$;

-- The last rows in one transaction: who belonged to the organization, its data keys, itself. A row that came in on the
-- way and still refers to it fails this: then everything is gone through once more.
create function router.erase_organization(purge uuid, token uuid) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  target uuid := router.renew_purge(purge, token);
  erased integer;
  more integer;
begin
  if target is null then
    return false;
  end if;
  delete from public.organization_memberships m where m.organization_id = target;
  get diagnostics erased = row_count;
  delete from public.organization_keys k where k.organization_id = target;
  get diagnostics more = row_count;
  erased := erased + more;
  delete from public.organizations o where o.id = target;
  get diagnostics more = row_count;
  update public.organization_purges p set rows_erased = p.rows_erased + erased + more where p.id = purge;
  return true;
end $$;

create function router.finish_purge(purge uuid, token uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update public.organization_purges p
  set state = 'finished', finished_at = now(), lease_token = null, lease_until = null
  where p.id = purge and p.lease_token = token and p.finished_at is null
$$;
`;
}

export const down = `
set local role pagekeeper_router;
drop function router.enter_as_staff, router.staff_organizations, router.due_unsubscriptions, router.running_purges,
  router.lease_purge, router.release_purge, router.renew_purge, router.erase_rows, router.erase_organization,
  router.finish_purge;
create function router.staff_organizations()
returns table (id uuid, name text, slug text, owner_id uuid, is_active boolean, replies_paused boolean,
  version integer, created_at timestamptz, updated_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select o.id, o.name, o.slug, o.owner_id, o.is_active, o.replies_paused, o.version, o.created_at, o.updated_at
  from public.organizations o where (select router.is_staff())
$$;
${doors('')}
revoke all on all functions in schema router from public;
grant execute on all functions in schema router to pagekeeper_app;
reset role;
drop policy owner_finds on auth.users;
drop policy owner_appoints on auth.users;
alter table audit_events drop column reason;
${[...tenantTables, 'page_claims', 'organizations', 'personal_idempotency_keys']
  .map(table => `drop policy router_purges on ${table};\nrevoke delete on ${table} from pagekeeper_router;`)
  .join('\n')}
grant delete on idempotency_keys, personal_idempotency_keys to pagekeeper_router;
${['audit_events', 'replies', 'facebook_logins']
  .map(
    table =>
      `drop policy router_reads on ${table};\nrevoke select (organization_id, id) on ${table} from pagekeeper_router;`,
  )
  .join('\n')}
revoke select (id) on staff_entries, organization_memberships from pagekeeper_router;
revoke select (organization_id) on idempotency_keys from pagekeeper_router;
alter table personal_idempotency_keys drop column about_organization;
alter table organizations drop column purge_id;
drop table organization_purges, page_unsubscriptions;
`;
