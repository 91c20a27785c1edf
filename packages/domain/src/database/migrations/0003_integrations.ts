import { routerReads, tenantTable } from '../tenant-table.ts';

/** Businesses, integrations, and what a Facebook page needs. */
export const up = `
create table businesses (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  name text not null check (char_length(name) between 1 and 200),
  slug text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) <= 63),
  description text not null default '',
  is_active boolean not null default true,
  deactivated_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id)
);
create unique index businesses_slug on businesses (organization_id, slug) where is_active;
create index businesses_active on businesses (organization_id, is_active, id);
${tenantTable('businesses', {
  update: ['name', 'slug', 'description', 'is_active', 'deactivated_at', 'version', 'updated_at'],
})}
${routerReads('businesses', ['organization_id', 'id', 'is_active'])}

create table integrations (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  business_id uuid not null,
  integration_type text not null check (integration_type in ('FACEBOOK_PAGE')),
  name text not null check (char_length(name) between 1 and 200),
  config jsonb not null,
  is_active boolean not null default true,
  deactivated_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, business_id) references businesses (organization_id, id)
);
create index integrations_business on integrations (organization_id, business_id, integration_type);
create index integrations_type on integrations (organization_id, integration_type);
create index integrations_active on integrations (organization_id, is_active, id);
${tenantTable('integrations', {
  update: ['name', 'config', 'is_active', 'deactivated_at', 'version', 'updated_at'],
})}
${routerReads('integrations', ['organization_id', 'id', 'business_id', 'is_active', 'config'])}

-- One person's grant to this organization. The lease is held by the process that refreshes it.
create table facebook_logins (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  access_token bytea not null,
  person_hash bytea,
  scopes text[] not null default '{}',
  expires_at timestamptz,
  data_access_expires_at timestamptz,
  exchanged_at timestamptz,
  generation integer not null default 1,
  lease_token uuid,
  lease_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id)
);
create index facebook_logins_person on facebook_logins (person_hash) where person_hash is not null;
${tenantTable('facebook_logins', {
  update: [
    'access_token',
    'person_hash',
    'scopes',
    'expires_at',
    'data_access_expires_at',
    'exchanged_at',
    'generation',
    'lease_token',
    'lease_until',
    'updated_at',
  ],
  delete: true,
})}

-- One to one with an integration: the same id. next_check_at is null while there is nothing to keep alive.
create table facebook_page_integrations (
  organization_id uuid not null,
  id uuid not null,
  login_id uuid not null,
  page_id text not null check (page_id ~ '^[0-9]{1,32}$'),
  page_name text not null default '',
  page_category text,
  page_url text,
  page_access_token bytea not null,
  status text not null check (status in ('disconnected', 'page_lost', 'needs_reauth', 'blocked_user_action',
    'needs_permission', 'not_subscribed', 'expiring', 'unverified', 'healthy')),
  status_reason jsonb,
  status_since timestamptz not null,
  next_check_at timestamptz,
  last_checked_at timestamptz,
  generation integer not null default 1,
  drain_token uuid,
  drain_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, id) references integrations (organization_id, id),
  foreign key (organization_id, login_id) references facebook_logins (organization_id, id)
);
create index facebook_page_integrations_page on facebook_page_integrations (organization_id, page_id);
create index facebook_page_integrations_login on facebook_page_integrations (organization_id, login_id);
create index facebook_page_integrations_due on facebook_page_integrations (next_check_at)
  where next_check_at is not null;
${tenantTable('facebook_page_integrations', {
  update: [
    'login_id',
    'page_id',
    'page_name',
    'page_category',
    'page_url',
    'page_access_token',
    'status',
    'status_reason',
    'status_since',
    'next_check_at',
    'last_checked_at',
    'generation',
    'drain_token',
    'drain_until',
    'updated_at',
  ],
})}
${routerReads('facebook_page_integrations', ['organization_id', 'id', 'login_id', 'next_check_at'])}

-- One claim per page in the whole system, and the route of its webhooks. Unique beyond the tenant on purpose: who
-- meets another's claim learns only that the page cannot be connected, and only after proving a live page token.
create table page_claims (
  page_id text primary key,
  organization_id uuid not null,
  integration_id uuid not null,
  generation integer not null,
  claimed_at timestamptz not null default now(),
  foreign key (organization_id, integration_id) references facebook_page_integrations (organization_id, id)
);
create unique index page_claims_integration on page_claims (organization_id, integration_id);
${tenantTable('page_claims', { update: ['generation', 'claimed_at'], delete: true })}
${routerReads('page_claims', ['page_id', 'organization_id', 'integration_id', 'generation'])}
`;

export const down = `
drop table page_claims, facebook_page_integrations, facebook_logins, integrations, businesses;
`;
