/**
 * A slug names an active organization, and where none of one's own has it, the one of one's own that had it last: who
 * deactivates by slug can restore by slug.
 */
export const up = `
create index organizations_inactive_slug on organizations (slug) where not is_active;
grant select (deactivated_at) on organizations to pagekeeper_router;

set local role pagekeeper_router;
${door(`
  if organization_id is null and allow_inactive and by_slug is not null then
    select o.id into by_id from public.organizations o
    where o.slug = by_slug and not o.is_active
      and (exists (select from public.organization_memberships m
          where m.organization_id = o.id and m.user_id = person and m.is_active)
        or exists (select from public.staff_entries s
          where s.organization_id = o.id and s.user_id = person and s.expires_at > app.now()))
    order by o.deactivated_at desc limit 1;
    if by_id is not null then
      select e.organization_id, e.role into organization_id, role from router.enter(person, by_id, null, true) e;
      return;
    end if;
  end if;`)}
${doorForPrograms('o.slug = by_slug')}
reset role;
`;

export const down = `
set local role pagekeeper_router;
${door('')}
${doorForPrograms('(o.slug = by_slug and o.is_active)')}
reset role;
revoke select (deactivated_at) on organizations from pagekeeper_router;
drop index organizations_inactive_slug;
`;

/** The door for people. @param otherwise what is tried before it says 404 */
function door(otherwise: string): string {
  return `
create or replace function router.enter(person uuid, by_id uuid, by_slug text, allow_inactive boolean,
  out organization_id uuid, out role text)
language plpgsql volatile security definer set search_path = '' as $$
begin
  select m.organization_id, m.role into organization_id, role
  from public.organizations o
  join public.organization_memberships m on m.organization_id = o.id and m.user_id = person and m.is_active
  where (o.id = by_id or (o.slug = by_slug and o.is_active)) and (o.is_active or allow_inactive) and o.purge_id is null;
  if organization_id is null then
    select s.organization_id, 'STAFF' into organization_id, role
    from public.organizations o
    join public.staff_entries s on s.organization_id = o.id and s.user_id = person and s.expires_at > app.now()
    join auth.users u on u.id = person and u.is_staff
    where (o.id = by_id or (o.slug = by_slug and o.is_active)) and (o.is_active or allow_inactive)
      and o.purge_id is null
    limit 1;
  end if;${otherwise}
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', person::text, true);
end $$;`;
}

/** The door for programs. @param named how a slug names the key's organization */
function doorForPrograms(named: string): string {
  return `
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
  where o.id = organization_id and (o.is_active or allow_inactive) and o.purge_id is null
    and (by_id is null or o.id = by_id) and (by_slug is null or ${named});
  if not found then
    if exists (select from public.organizations o where o.id = organization_id and o.purge_id is not null) then
      raise exception 'no such key' using errcode = 'PK401';
    end if;
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', '', true);
end $$;`;
}
