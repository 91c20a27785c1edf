/**
 * One token is one login, however many pages it is given with. And a login that nobody had looked at when its person
 * asked for deletion is erased once a check finds out whose it is.
 */
export const up = `
alter table facebook_logins add column token_hash bytea, drop column exchanged_at;
create index facebook_logins_token on facebook_logins (organization_id, token_hash) where token_hash is not null;

-- The keyed hash: who has not the key cannot tell whose it was.
alter table data_deletions add column person_hash bytea;
create index data_deletions_person on data_deletions (person_hash);
revoke select on data_deletions from pagekeeper_router;

set local role pagekeeper_router;
${revokePerson('(code, requested_at, completed_at, person_hash) values (deletion, asked_at, app.now(), person)')}
reset role;
`;

export const down = `
set local role pagekeeper_router;
${revokePerson('(code, requested_at, completed_at) values (deletion, asked_at, app.now())')}
reset role;
grant select on data_deletions to pagekeeper_router;
drop index data_deletions_person;
alter table data_deletions drop column person_hash;
drop index facebook_logins_token;
alter table facebook_logins drop column token_hash, add column exchanged_at timestamptz;
grant update (exchanged_at) on facebook_logins to pagekeeper_app;
`;

/** @param noted columns and values of a deletion */
function revokePerson(noted: string): string {
  return `
create or replace function router.revoke_person(person bytea, asked_at timestamptz, deletion text)
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
    insert into public.data_deletions ${noted}
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
end $$;`;
}
