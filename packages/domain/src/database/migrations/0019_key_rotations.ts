/** Rotating keys while everything runs: data keys are wrapped anew and replaced, and what they sealed is sealed anew. */
export const up = `
-- A rotation of all data keys: what was made before it began is to be replaced. Whoever comes after a crash finds it
-- unfinished, and goes on.
create table key_rotations (
  id uuid primary key,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);
create unique index key_rotations_running on key_rotations ((true)) where finished_at is null;
grant select, insert, update (finished_at) on key_rotations to pagekeeper_app;

grant update (kek_id, wrapped, is_current) on organization_keys to pagekeeper_app;
grant update (payload) on webhook_events to pagekeeper_app;

set local role pagekeeper_router;
-- Who has data keys, inactive organizations too.
create function router.organizations_with_keys(after_organization uuid, batch integer)
returns table (organization_id uuid)
language sql stable security definer set search_path = '' as $$
  select distinct k.organization_id from public.organization_keys k
  where k.organization_id > after_organization order by k.organization_id limit batch
$$;
revoke all on function router.organizations_with_keys from public;
grant execute on function router.organizations_with_keys to pagekeeper_app;
reset role;
`;

export const down = `
set local role pagekeeper_router;
drop function router.organizations_with_keys;
reset role;
revoke update (payload) on webhook_events from pagekeeper_app;
revoke update (kek_id, wrapped, is_current) on organization_keys from pagekeeper_app;
drop table key_rotations;
`;
