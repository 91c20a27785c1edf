import { routerReads, tenantTable } from '../tenant-table.ts';

/** The inbox of webhook changes and the outbox of replies. */
export const up = `
-- One row per change, under the change's own id: its time in the first 48 bits, so partitions are ranges of the id.
-- No foreign key: the insert joins page_claims, and a lock on one integration row per event would cost a fifth.
create table webhook_events (
  organization_id uuid not null,
  id uuid not null,
  integration_id uuid not null,
  kind text not null,
  person_hash bytea,
  thread_hash bytea,
  payload bytea not null,
  received_at timestamptz not null default now(),
  state text not null default 'pending' check (state in ('pending', 'parked', 'processed', 'ignored', 'failed')),
  attempts smallint not null default 0,
  not_before timestamptz,
  processed_at timestamptz,
  reason text,
  primary key (organization_id, id)
) partition by range (id);
create index webhook_events_pending on webhook_events (organization_id, integration_id, id) where state = 'pending';
create index webhook_events_parked on webhook_events (organization_id, integration_id, id) where state = 'parked';
${tenantTable('webhook_events', {
  insert: false,
  update: ['state', 'attempts', 'not_before', 'processed_at', 'reason'],
})}
${routerReads('webhook_events', ['organization_id', 'id', 'integration_id', 'state', 'not_before'])}
-- The app role itself cannot insert: events come through router.insert_webhook_events and its join with the claims.
create policy router_inserts on webhook_events for insert to pagekeeper_router with check (true);
grant insert on webhook_events to pagekeeper_router;

-- A partition read directly would not obey its parent's policies: no role has USAGE on this schema, and row level
-- security without a policy shows nothing.
create schema partitions;
create table partitions.webhook_events_default partition of webhook_events default;
alter table partitions.webhook_events_default enable row level security;
alter table partitions.webhook_events_default force row level security;

-- At most one automatic reply per message or comment: the unique key, and a state that is committed before the call.
create table replies (
  organization_id uuid not null,
  id uuid not null,
  integration_id uuid not null,
  event_id uuid not null,
  page_id text not null,
  source_id text not null,
  kind text not null,
  state text not null check (state in ('claimed', 'sending', 'sent', 'rejected', 'unknown', 'shadow', 'skipped')),
  rule text,
  reason text not null,
  sent_id text,
  attempts smallint not null default 0,
  sending_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, page_id, source_id),
  foreign key (organization_id, integration_id) references integrations (organization_id, id)
);
create index replies_integration on replies (organization_id, integration_id, id);
${tenantTable('replies', { update: ['state', 'reason', 'sent_id', 'attempts', 'sending_at', 'finished_at'] })}
`;

export const down = `
drop table replies, webhook_events;
drop schema partitions cascade;
`;
