import { routerReads, tenantTable } from '../tenant-table.ts';

/** Organizations, their members, keys and audit log. */
export const up = `
-- The system's own keys (for keyed hashes, and one check value per key-encryption key), wrapped by the ring.
create table system_keys (
  name text primary key,
  kek_id text not null,
  wrapped bytea not null,
  created_at timestamptz not null default now()
);
grant select, insert on system_keys to pagekeeper_app;

create table organizations (
  id uuid primary key,
  name text not null check (char_length(name) between 1 and 200),
  slug text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) <= 63),
  owner_id uuid not null references auth.users (id),
  is_active boolean not null default true,
  deactivated_at timestamptz,
  replies_paused boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index organizations_slug on organizations (slug) where is_active;
create index organizations_owner on organizations (owner_id, is_active);
${tenantTable('organizations', {
  tenantColumn: 'id',
  update: ['name', 'slug', 'owner_id', 'is_active', 'deactivated_at', 'replies_paused', 'version', 'updated_at'],
})}
${routerReads('organizations', ['id', 'name', 'slug', 'owner_id', 'is_active', 'replies_paused', 'version', 'created_at', 'updated_at'])}

create table organization_memberships (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  user_id uuid not null references auth.users (id),
  role text not null check (role in ('OWNER', 'ADMIN', 'MEMBER')),
  invited_by uuid references auth.users (id),
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, user_id)
);
create index organization_memberships_user on organization_memberships (user_id, organization_id);
${tenantTable('organization_memberships', { update: ['role', 'is_active', 'updated_at'] })}
${routerReads('organization_memberships', ['organization_id', 'user_id', 'role', 'is_active'])}

-- The inner query obeys the caller's row level security: only members of the organization one has entered.
create policy members on auth.users for select to pagekeeper_app
  using (exists (select from public.organization_memberships where user_id = users.id));

create table organization_keys (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  kek_id text not null,
  wrapped bytea not null,
  is_current boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (organization_id, id)
);
create unique index organization_keys_current on organization_keys (organization_id) where is_current;
create index organization_keys_kek on organization_keys (kek_id);
${tenantTable('organization_keys')}
${routerReads('organization_keys', ['organization_id', 'id', 'kek_id', 'wrapped', 'is_current'])}

-- Append-only: nobody at run time may change or remove a line.
create table audit_events (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  actor_type text not null,
  actor_id text not null,
  action text not null,
  subject_type text not null,
  subject_id uuid not null,
  changes jsonb not null default '{}',
  request_id text not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, id)
);
${tenantTable('audit_events')}
`;

export const down = `
drop policy members on auth.users;
drop table audit_events, organization_keys, organization_memberships, organizations, system_keys;
`;
