import { currentUser } from '../tenant-table.ts';

/** better-auth's tables, named in our way, in a schema that only `pagekeeper_auth` works in. */
export const up = `
-- Readiness compares this with the newest migration that the code knows.
grant select on migrations to pagekeeper_app;

create schema app;
grant usage on schema app to pagekeeper_app, pagekeeper_router;
grant usage on schema public to pagekeeper_app, pagekeeper_router;

-- Business time. The offset is for tests, where 60 days pass in a second; a process refuses to start in production
-- while it is not zero.
create table app.clock (
  only_row boolean primary key default true check (only_row),
  clock_offset interval not null default '0'
);
insert into app.clock default values;
grant select on app.clock to pagekeeper_app, pagekeeper_router;
create function app.now() returns timestamptz language sql stable set search_path = ''
  as $$ select pg_catalog.now() + (select clock_offset from app.clock) $$;

create schema auth;
grant usage on schema auth to pagekeeper_auth, pagekeeper_app;

create table auth.users (
  id uuid primary key,
  name text not null,
  email text not null unique,
  email_verified boolean not null default false,
  image text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table auth.sessions (
  id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on auth.sessions (user_id);

create table auth.accounts (
  id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  password text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on auth.accounts (user_id);

create table auth.verifications (
  id uuid primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on auth.verifications (identifier);

grant select, insert, update, delete on all tables in schema auth to pagekeeper_auth;

-- A person is visible to the app role only to themself and, below, to those who share an organization.
alter table auth.users enable row level security;
alter table auth.users force row level security;
create policy auth_service on auth.users for all to pagekeeper_auth using (true) with check (true);
create policy oneself on auth.users for select to pagekeeper_app using (id = ${currentUser});
grant select (id, name, email, image, created_at) on auth.users to pagekeeper_app;
`;

export const down = `
drop schema auth cascade;
drop schema app cascade;
`;
