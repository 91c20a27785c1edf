/**
 * A repeated answer says its version as the first one did. And an API key ends with the purge of its organization: 401, as
 * for any other key that is no more.
 */
const tables = ['idempotency_keys', 'personal_idempotency_keys'];

export const up = `
${tables.map(table => `alter table ${table} add column etag text;\ngrant update (etag) on ${table} to pagekeeper_app;`).join('\n')}

set local role pagekeeper_router;
${door(`
    if exists (select from public.organizations o where o.id = organization_id and o.purge_id is not null) then
      raise exception 'no such key' using errcode = 'PK401';
    end if;`)}
reset role;
`;

export const down = `
set local role pagekeeper_router;
${door('')}
reset role;
${tables.map(table => `alter table ${table} drop column etag;`).join('\n')}
`;

/** The door for programs. @param ended what is asked where it would say 404 */
function door(ended: string): string {
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
    and (by_id is null or o.id = by_id) and (by_slug is null or (o.slug = by_slug and o.is_active));
  if not found then${ended}
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', '', true);
end $$;`;
}
