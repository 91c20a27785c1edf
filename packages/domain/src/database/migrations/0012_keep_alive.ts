import { purgeable, routerReads, tenantTable } from '../tenant-table.ts';

/** What a check saw, pauses of pages and of the whole app, and what people are told. */
export const up = `
-- paused_until: Facebook asked us to leave the page alone, or blocked it. In business time, like all of Facebook's times.
alter table facebook_page_integrations
  add column findings jsonb,
  add column paused_until timestamptz,
  add column pause_reason text;
grant update (findings, paused_until, pause_reason) on facebook_page_integrations to pagekeeper_app;

alter table facebook_logins
  add column kind text not null default 'user' check (kind in ('user', 'system_user')),
  add column exchange_tried_at timestamptz,
  add column error jsonb;
grant update (kind, exchange_tried_at, error) on facebook_logins to pagekeeper_app;

-- One row per app of ours: while until lies ahead, no check of any tenant calls Facebook.
create table app_pauses (
  app_id text primary key,
  until timestamptz,
  reason text,
  failures integer not null default 0,
  failed_at timestamptz
);
grant select, insert, update on app_pauses to pagekeeper_app;

-- Who is to be told of what: one row per person, once per state or rung (episode tells one time from the next).
create table notifications (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  user_id uuid not null references auth.users (id),
  integration_id uuid not null,
  kind text not null check (kind in ('expiring', 'dead', 'recovered', 'moved')),
  rung smallint not null default 0,
  episode timestamptz not null,
  detail jsonb not null,
  created_at timestamptz not null default now(),
  claimed_at timestamptz,
  sent_at timestamptz,
  primary key (organization_id, id),
  unique (organization_id, integration_id, kind, rung, episode, user_id),
  foreign key (organization_id, integration_id) references integrations (organization_id, id)
);
create index notifications_unsent on notifications (organization_id, id) where sent_at is null;
${tenantTable('notifications', { update: ['claimed_at', 'sent_at'] })}
${routerReads('notifications', ['organization_id', 'id', 'sent_at'])}
${purgeable('notifications')}

set local role pagekeeper_router;
-- Organizations with notifications that did not go out, found by jumping from one to the next in the index.
create function router.unsent_notifications(batch integer)
returns table (organization_id uuid)
language sql stable security definer set search_path = '' as $$
  with recursive step as (
    (select n.organization_id from public.notifications n
     where n.sent_at is null order by n.organization_id limit 1)
    union all
    select m.organization_id from step s, lateral (
      select n.organization_id from public.notifications n
      where n.sent_at is null and n.organization_id > s.organization_id order by n.organization_id limit 1
    ) m
  )
  select s.organization_id from step s
  join public.organizations o on o.id = s.organization_id and o.is_active
  limit batch
$$;
revoke all on function router.unsent_notifications from public;
grant execute on function router.unsent_notifications to pagekeeper_app;
reset role;
`;

export const down = `
set local role pagekeeper_router;
drop function router.unsent_notifications;
reset role;
drop table notifications, app_pauses;
alter table facebook_logins drop column kind, drop column exchange_tried_at, drop column error;
alter table facebook_page_integrations drop column findings, drop column paused_until, drop column pause_reason;
`;
