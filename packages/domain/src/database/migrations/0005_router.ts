/**
 * What must happen before a tenant is known, or across several. Each function is owned by `pagekeeper_router`, which
 * cannot log in, sees only the columns granted to it, and answers with ids and wrapped keys.
 */
export const up = `
grant usage on schema router to pagekeeper_app;
set local role pagekeeper_router;

-- The door for people: reads the membership and enters the tenant for this transaction. No membership must raise: a
-- door that returned no row would leave a pooled connection in the tenant before.
create function router.enter(person uuid, by_id uuid, by_slug text, allow_inactive boolean,
  out organization_id uuid, out role text)
language plpgsql volatile security definer set search_path = '' as $$
begin
  select m.organization_id, m.role into organization_id, role
  from public.organizations o
  join public.organization_memberships m on m.organization_id = o.id and m.user_id = person and m.is_active
  where (o.id = by_id or (o.slug = by_slug and o.is_active)) and (o.is_active or allow_inactive);
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', person::text, true);
end $$;

-- The door for jobs, which act for the organization itself. An inactive one is gone to them.
create function router.enter_job(organization uuid, out organization_id uuid)
language plpgsql volatile security definer set search_path = '' as $$
begin
  select o.id into organization_id from public.organizations o where o.id = organization and o.is_active;
  if organization_id is null then
    raise exception 'no such organization' using errcode = 'PK404';
  end if;
  perform pg_catalog.set_config('app.organization_id', organization_id::text, true);
  perform pg_catalog.set_config('app.user_id', '', true);
end $$;

-- A person's organizations with their role: read before any tenant is entered. Names and slugs are the members' own.
create function router.my_organizations(person uuid)
returns table (id uuid, name text, slug text, owner_id uuid, is_active boolean, replies_paused boolean,
  version integer, created_at timestamptz, updated_at timestamptz, role text)
language sql stable security definer set search_path = '' as $$
  select o.id, o.name, o.slug, o.owner_id, o.is_active, o.replies_paused, o.version, o.created_at, o.updated_at, m.role
  from public.organization_memberships m
  join public.organizations o on o.id = m.organization_id
  where m.user_id = person and m.is_active
$$;

-- Where a page's webhooks go, and the wrapped key to seal them with.
create function router.route_pages(page_ids text[])
returns table (page_id text, organization_id uuid, integration_id uuid, generation integer, webhook_enabled boolean,
  key_id uuid, kek_id text, wrapped bytea)
language sql stable security definer set search_path = '' as $$
  select c.page_id, c.organization_id, c.integration_id, c.generation,
    coalesce((i.config ->> 'webhook_enabled')::boolean, false), k.id, k.kek_id, k.wrapped
  from public.page_claims c
  join public.organizations o on o.id = c.organization_id and o.is_active
  join public.integrations i on i.organization_id = c.organization_id and i.id = c.integration_id and i.is_active
  join public.businesses b on b.organization_id = i.organization_id and b.id = i.business_id and b.is_active
  join public.organization_keys k on k.organization_id = c.organization_id and k.is_current
  where c.page_id = any (page_ids)
$$;

-- One insert for all tenants of a batch. Joins the claim, so a route that was cached too long stores nothing. Returns
-- the positions (from 1) that were not stored: 'stale' ones must be routed and sealed again. Sorted, since
-- overlapping batches in another order would deadlock.
create function router.insert_webhook_events(ids uuid[], page_ids text[], organization_ids uuid[],
  integration_ids uuid[], generations integer[], kinds text[], person_hashes bytea[], thread_hashes bytea[],
  payloads bytea[])
returns table (row_position bigint, outcome text)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  if cardinality(page_ids) <> cardinality(ids) or cardinality(organization_ids) <> cardinality(ids)
    or cardinality(integration_ids) <> cardinality(ids) or cardinality(generations) <> cardinality(ids)
    or cardinality(kinds) <> cardinality(ids) or cardinality(person_hashes) <> cardinality(ids)
    or cardinality(thread_hashes) <> cardinality(ids) or cardinality(payloads) <> cardinality(ids) then
    raise exception 'arrays of unequal length';
  end if;
  return query
  with given as materialized (
    select g.*, c.page_id is not null as is_routed
    from unnest(ids, page_ids, organization_ids, integration_ids, generations, kinds, person_hashes, thread_hashes,
      payloads) with ordinality as g (id, page_id, organization_id, integration_id, generation, kind, person_hash,
      thread_hash, payload, row_position)
    left join public.page_claims c on c.page_id = g.page_id and c.organization_id = g.organization_id
      and c.integration_id = g.integration_id and c.generation = g.generation
  ), inserted as (
    insert into public.webhook_events (organization_id, id, integration_id, kind, person_hash, thread_hash, payload)
    select g.organization_id, g.id, g.integration_id, g.kind, g.person_hash, g.thread_hash, g.payload
    from given g where g.is_routed order by g.organization_id, g.id
    on conflict do nothing
    returning organization_id, id
  )
  select g.row_position, case when g.is_routed then 'duplicate' else 'stale' end
  from given g left join inserted i on i.organization_id = g.organization_id and i.id = g.id
  where i.id is null;
end $$;

-- Logins with a page whose check is due and that can be reached. The partial index makes the cost that of what is due.
create function router.due_logins(batch integer)
returns table (organization_id uuid, login_id uuid)
language sql stable security definer set search_path = '' as $$
  select p.organization_id, p.login_id
  from public.facebook_page_integrations p
  join public.organizations o on o.id = p.organization_id and o.is_active
  join public.integrations i on i.organization_id = p.organization_id and i.id = p.id and i.is_active
  join public.businesses b on b.organization_id = i.organization_id and b.id = i.business_id and b.is_active
  where p.next_check_at <= app.now()
  group by p.organization_id, p.login_id
  order by min(p.next_check_at)
  limit batch
$$;

-- Integrations that have pending events, found by jumping from one to the next in the index.
create function router.pending_integrations(batch integer)
returns table (organization_id uuid, integration_id uuid)
language sql stable security definer set search_path = '' as $$
  with recursive step as (
    (select e.organization_id, e.integration_id from public.webhook_events e
     where e.state = 'pending' order by e.organization_id, e.integration_id limit 1)
    union all
    select n.organization_id, n.integration_id from step s, lateral (
      select e.organization_id, e.integration_id from public.webhook_events e
      where e.state = 'pending' and (e.organization_id, e.integration_id) > (s.organization_id, s.integration_id)
      order by e.organization_id, e.integration_id limit 1
    ) n
  )
  select s.organization_id, s.integration_id from step s
  join public.organizations o on o.id = s.organization_id and o.is_active
  limit batch
$$;

-- Which key-encryption keys the data keys need, so that a process without one refuses to start.
create function router.key_encryption_keys_in_use()
returns table (kek_id text)
language sql stable security definer set search_path = '' as $$
  select distinct k.kek_id from public.organization_keys k
$$;

revoke all on all functions in schema router from public;
grant execute on all functions in schema router to pagekeeper_app;
reset role;
`;

export const down = `
set local role pagekeeper_router;
drop function router.enter, router.enter_job, router.my_organizations, router.route_pages,
  router.insert_webhook_events, router.due_logins, router.pending_integrations, router.key_encryption_keys_in_use;
reset role;
`;
