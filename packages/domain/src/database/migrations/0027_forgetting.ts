/**
 * What waits holds its week for a month at most: a deactivated organization's events would hold it for everybody. Also
 * the words of replies that never came to an end leave with their events. Nothing this old is answered any more.
 */
const forget = ({ latest, waiting, words }: { latest: string; waiting: string; words: string }) => `
create or replace function app.drop_event_partitions(before timestamptz) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  week record;
  is_open boolean;
  dropped integer := 0;
begin
  if before > app.now() - interval '8 days' then raise exception 'younger than the windows for replies'; end if;
  for week in
    select c.relname, to_timestamp(right(c.relname, 8) || ' +00', 'YYYYMMDD TZH') as begins
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'partitions' and c.relkind = 'r' and c.relname ~ '^webhook_events_[0-9]{8}$'
    order by c.relname
  loop
    continue when week.begins + interval '7 days' > before;
    execute format('select exists (select from partitions.%I where state = ''pending'')', week.relname) into is_open;
    continue when is_open${latest};
    execute format('drop table partitions.%I', week.relname);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

create or replace function app.forget_events(before timestamptz, batch integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  forgotten integer;
begin
  if before > app.now() - interval '8 days' then raise exception 'younger than the windows for replies'; end if;
  delete from partitions.webhook_events_default where ctid in (
    select ctid from partitions.webhook_events_default
    where received_at < before and ${waiting} limit batch
  );
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;

set local role pagekeeper_router;
create or replace function router.forget_reply_words(before timestamptz, batch integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  forgotten integer;
begin
  if before > app.now() - interval '8 days' then raise exception 'younger than the windows for replies'; end if;
  update public.replies r set text = null
  from (select organization_id, id from public.replies
        where text is not null and created_at < before${words}
        order by created_at limit batch for update skip locked) old
  where r.organization_id = old.organization_id and r.id = old.id;
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
reset role;
`;

export const up = forget({
  latest: ` and week.begins + interval '37 days' > before`,
  waiting: `(state <> 'pending' or received_at < before - interval '30 days')`,
  words: '',
});

export const down = forget({
  latest: '',
  waiting: `state <> 'pending'`,
  words: ` and state not in ('claimed', 'sending')`,
});
