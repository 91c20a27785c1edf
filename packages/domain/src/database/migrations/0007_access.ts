import { currentUser, routerReads, tenantTable } from '../tenant-table.ts';

/** Who may come in, and how: staff, invitations, API keys, and the answers kept for repeated requests. */
export const up = `
alter table auth.users
  add column is_staff boolean not null default false,
  add column notices jsonb not null default '{}';
grant select (email_verified, is_staff, notices, updated_at), update (name, notices, updated_at)
  on auth.users to pagekeeper_app;
create policy oneself_changes on auth.users for update to pagekeeper_app
  using (id = ${currentUser}) with check (id = ${currentUser});
grant usage on schema auth to pagekeeper_router;
create policy router_reads on auth.users for select to pagekeeper_router using (true);
grant select (id, is_staff) on auth.users to pagekeeper_router;

-- Former members share nothing any more: their name and address are their own again.
drop policy members on auth.users;
create policy members on auth.users for select to pagekeeper_app
  using (exists (select from public.organization_memberships where user_id = users.id and is_active));

-- Who comes back was invited anew.
grant update (invited_by) on organization_memberships to pagekeeper_app;

-- Staff enter an organization for an hour, with a reason that its members can read.
create table staff_entries (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  user_id uuid not null references auth.users (id),
  reason text not null check (char_length(reason) between 1 and 500),
  entered_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (organization_id, id)
);
create index staff_entries_user on staff_entries (organization_id, user_id, expires_at);
${tenantTable('staff_entries')}
${routerReads('staff_entries', ['organization_id', 'user_id', 'expires_at'])}

-- A key belongs to the organization and survives its maker. The secret is not stored, only its SHA-256.
create table api_keys (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  name text not null check (char_length(name) between 1 and 200),
  prefix text not null,
  secret_hash bytea not null,
  role text not null check (role in ('OWNER', 'ADMIN', 'MEMBER')),
  scopes text[] not null check (scopes <@ array['read', 'write', 'events', 'members'] and cardinality(scopes) > 0),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  replaced_by uuid,
  created_by uuid references auth.users (id),
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, replaced_by) references api_keys (organization_id, id)
);
create unique index api_keys_secret on api_keys (secret_hash);
${tenantTable('api_keys', { update: ['name', 'expires_at', 'revoked_at', 'replaced_by'] })}
${routerReads('api_keys', ['organization_id', 'id', 'secret_hash', 'role', 'scopes', 'expires_at', 'last_used_at', 'revoked_at'])}
create policy router_notes_use on api_keys for update to pagekeeper_router using (true) with check (true);
grant update (last_used_at) on api_keys to pagekeeper_router;

-- The link's token is not stored, only its hash. sent_at is null while the e-mail waits.
create table invitations (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  email text not null check (email = lower(email) and char_length(email) <= 320),
  role text not null check (role in ('OWNER', 'ADMIN', 'MEMBER')),
  token_hash bytea not null,
  token_version integer not null default 1,
  invited_by uuid references auth.users (id),
  invited_by_key uuid,
  state text not null default 'pending' check (state in ('pending', 'accepted', 'revoked')),
  expires_at timestamptz not null,
  sent_at timestamptz,
  accepted_by uuid references auth.users (id),
  accepted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, invited_by_key) references api_keys (organization_id, id)
);
create unique index invitations_email on invitations (organization_id, email) where state = 'pending';
create index invitations_token on invitations (token_hash);
create index invitations_unsent on invitations (organization_id, id) where state = 'pending' and sent_at is null;
${tenantTable('invitations', {
  update: [
    'role',
    'token_hash',
    'token_version',
    'state',
    'expires_at',
    'sent_at',
    'accepted_by',
    'accepted_at',
    'updated_at',
  ],
})}
${routerReads('invitations', ['organization_id', 'id', 'token_hash', 'state', 'expires_at', 'sent_at'])}

-- The answer to a POST that carried an Idempotency-Key, for a day. Written in the transaction that did the work.
create table idempotency_keys (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  key_hash bytea not null,
  fingerprint bytea not null,
  status smallint,
  answer bytea,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, key_hash)
);
create index idempotency_keys_age on idempotency_keys (created_at);
${tenantTable('idempotency_keys', { update: ['status', 'answer'] })}
${forgotten('idempotency_keys')}

-- The same for what a person does outside of any organization, such as creating one.
create table personal_idempotency_keys (
  user_id uuid not null references auth.users (id),
  id uuid not null,
  key_hash bytea not null,
  fingerprint bytea not null,
  status smallint,
  answer bytea,
  created_at timestamptz not null default now(),
  primary key (user_id, id),
  unique (user_id, key_hash)
);
create index personal_idempotency_keys_age on personal_idempotency_keys (created_at);
alter table personal_idempotency_keys enable row level security;
alter table personal_idempotency_keys force row level security;
create policy person on personal_idempotency_keys for all to pagekeeper_app
  using (user_id = ${currentUser}) with check (user_id = ${currentUser});
grant select, insert, update (status, answer) on personal_idempotency_keys to pagekeeper_app;
${forgotten('personal_idempotency_keys')}

create index audit_events_actor on audit_events (organization_id, actor_id, id);
create index audit_events_action on audit_events (organization_id, action, id);

set local role pagekeeper_router;
${functions()}
revoke all on all functions in schema router from public;
grant execute on all functions in schema router to pagekeeper_app;
reset role;

-- Staff see who has an account; everybody else only those they share an organization with.
create policy staff on auth.users for select to pagekeeper_app using ((select router.is_staff()));

create constraint trigger keep_an_owner after update or delete on organization_memberships
  deferrable initially deferred for each row when (old.role = 'OWNER' and old.is_active)
  execute function router.keep_an_owner();
`;

/** Stored answers leave after a day, whoever they were for. */
function forgotten(table: string): string {
  return `
create policy router_forgets on ${table} for delete to pagekeeper_router using (created_at < now() - interval '24 hours');
create policy router_reads on ${table} for select to pagekeeper_router using (true);
grant delete, select (id, created_at) on ${table} to pagekeeper_router;
`;
}

function functions(): string {
  return `
-- The door for people: reads the membership, or for staff their entry of the last hour, and enters the tenant for this
-- transaction. Neither must raise: a door that returned no row would leave a pooled connection in the tenant before.
create or replace function router.enter(person uuid, by_id uuid, by_slug text, allow_inactive boolean,
  out organization_id uuid, out role text)
language plpgsql volatile security definer set search_path = '' as $$
begin
  select m.organization_id, m.role into organization_id, role
  from public.organizations o
  join public.organization_memberships m on m.organization_id = o.id and m.user_id = person and m.is_active
  where (o.id = by_id or (o.slug = by_slug and o.is_active)) and (o.is_active or allow_inactive);
  if organization_id is null then
    select s.organization_id, 'STAFF' into organization_id, role
    from public.organizations o
    join public.staff_entries s on s.organization_id = o.id and s.user_id = person and s.expires_at > app.now()
    join auth.users u on u.id = person and u.is_staff
    where (o.id = by_id or (o.slug = by_slug and o.is_active)) and (o.is_active or allow_inactive)
    limit 1;
  end if;
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', person::text, true);
end $$;

-- The door for programs: the key itself is looked up here, so that a revoked one is refused with the next request. A
-- key names its organization; another one is as unknown to it as one that does not exist.
create function router.enter_key(hash bytea, by_id uuid, by_slug text, allow_inactive boolean,
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
  where o.id = organization_id and (o.is_active or allow_inactive)
    and (by_id is null or o.id = by_id) and (by_slug is null or (o.slug = by_slug and o.is_active));
  if not found then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', '', true);
end $$;

-- The door for jobs, which act for the organization itself. An inactive one is gone to most of them.
drop function router.enter_job(uuid);
create function router.enter_job(organization uuid, allow_inactive boolean, out organization_id uuid)
language plpgsql volatile security definer set search_path = '' as $$
begin
  select o.id into organization_id from public.organizations o
  where o.id = organization and (o.is_active or allow_inactive);
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', '', true);
end $$;

-- The door for who holds an invitation's token. Whether it is theirs to accept is seen inside.
create function router.enter_invitation(person uuid, hash bytea, out organization_id uuid, out invitation_id uuid)
language plpgsql volatile security definer set search_path = '' as $$
begin
  select i.organization_id, i.id into organization_id, invitation_id
  from public.invitations i
  join public.organizations o on o.id = i.organization_id and o.is_active
  where i.token_hash = hash;
  if organization_id is null then
    raise exception 'no such invitation' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', person::text, true);
end $$;

-- Invitations whose e-mail did not go out yet.
create function router.unsent_invitations(batch integer)
returns table (organization_id uuid, invitation_id uuid)
language sql stable security definer set search_path = '' as $$
  select i.organization_id, i.id from public.invitations i
  join public.organizations o on o.id = i.organization_id and o.is_active
  where i.state = 'pending' and i.sent_at is null and i.expires_at > app.now()
  limit batch
$$;

-- Whether the person of this transaction is staff. For a policy, and for the staff's own lists.
create function router.is_staff() returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select from auth.users u
    where u.id = nullif(current_setting('app.user_id', true), '')::uuid and u.is_staff)
$$;

-- All organizations, for staff only; nothing of what is in them.
create function router.staff_organizations()
returns table (id uuid, name text, slug text, owner_id uuid, is_active boolean, replies_paused boolean,
  version integer, created_at timestamptz, updated_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select o.id, o.name, o.slug, o.owner_id, o.is_active, o.replies_paused, o.version, o.created_at, o.updated_at
  from public.organizations o where (select router.is_staff())
$$;

-- When keys were used last, gathered by each process and written now and then.
create function router.note_key_use(hashes bytea[]) returns void
language sql volatile security definer set search_path = '' as $$
  update public.api_keys k set last_used_at = app.now() where k.secret_hash = any (hashes) and k.revoked_at is null
$$;

create function router.forget_answers(batch integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  forgotten integer;
  more integer;
begin
  delete from public.idempotency_keys where id in (select k.id from public.idempotency_keys k
    where k.created_at < now() - interval '24 hours' limit batch);
  get diagnostics forgotten = row_count;
  delete from public.personal_idempotency_keys where id in (select k.id from public.personal_idempotency_keys k
    where k.created_at < now() - interval '24 hours' limit batch);
  get diagnostics more = row_count;
  return forgotten + more;
end $$;

-- At least one active OWNER as long as the organization exists. Without the lock two owners who remove each other at
-- the same moment would each see the other one still there.
create function router.keep_an_owner() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('owners ' || old.organization_id, 0));
  if exists (select from public.organizations o where o.id = old.organization_id)
    and not exists (select from public.organization_memberships m
      where m.organization_id = old.organization_id and m.role = 'OWNER' and m.is_active) then
    raise exception 'no owner left' using errcode = 'PK409';
  end if;
  return null;
end $$;
`;
}

export const down = `
drop trigger keep_an_owner on organization_memberships;
drop policy staff on auth.users;
set local role pagekeeper_router;
drop function router.enter_key, router.enter_invitation, router.unsent_invitations, router.is_staff,
  router.staff_organizations, router.note_key_use, router.forget_answers, router.keep_an_owner,
  router.enter_job(uuid, boolean);
create or replace function router.enter(person uuid, by_id uuid, by_slug text, allow_inactive boolean,
  out organization_id uuid, out role text)
language plpgsql volatile security definer set search_path = '' as $$
begin
  select m.organization_id, m.role into organization_id, role
  from public.organizations o
  join public.organization_memberships m on m.organization_id = o.id and m.user_id = person and m.is_active
  where (o.id = by_id or (o.slug = by_slug and o.is_active)) and (o.is_active or allow_inactive);
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', person::text, true);
end $$;
create function router.enter_job(organization uuid, out organization_id uuid)
language plpgsql volatile security definer set search_path = '' as $$
begin
  select o.id into organization_id from public.organizations o where o.id = organization and o.is_active;
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', '', true);
end $$;
revoke all on all functions in schema router from public;
grant execute on all functions in schema router to pagekeeper_app;
reset role;
drop index audit_events_actor, audit_events_action;
drop table personal_idempotency_keys, idempotency_keys, invitations, api_keys, staff_entries;
drop policy members on auth.users;
create policy members on auth.users for select to pagekeeper_app
  using (exists (select from public.organization_memberships where user_id = users.id));
revoke update (invited_by) on organization_memberships from pagekeeper_app;
drop policy router_reads on auth.users;
revoke usage on schema auth from pagekeeper_router;
drop policy oneself_changes on auth.users;
alter table auth.users drop column is_staff, drop column notices;
revoke select (email_verified, updated_at), update (name, updated_at) on auth.users from pagekeeper_app;
`;
