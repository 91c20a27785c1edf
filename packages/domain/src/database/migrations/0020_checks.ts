const dueLogins = (body: string, settings = ''): string => `
set local role pagekeeper_router;
create or replace function router.due_logins(batch integer)
returns table (organization_id uuid, login_id uuid)
language sql stable security definer set search_path = ''${settings} as $$
${body}
$$;
reset role;
`;

/** After a pause of the whole app one call goes first; the scan for due logins costs what is due, however much exists. */
export const up = `
-- on_trial: when until is over, one goes first, and the others follow once it came through.
alter table app_pauses add column on_trial boolean not null default false;

-- Each due page is looked up by keys. As a join Postgres would, from some size on, rather read all businesses there are;
-- and by keys, where there are few, rather read those few again and again.
${dueLogins(
  `
  with due as materialized (
    select p.organization_id, p.login_id, p.id, p.next_check_at
    from public.facebook_page_integrations p where p.next_check_at <= app.now()
  )
  select d.organization_id, d.login_id from due d
  where (select o.is_active from public.organizations o where o.id = d.organization_id)
    and (select i.is_active and (select b.is_active from public.businesses b
           where b.organization_id = i.organization_id and b.id = i.business_id)
         from public.integrations i where i.organization_id = d.organization_id and i.id = d.id)
  group by d.organization_id, d.login_id
  order by min(d.next_check_at)
  limit batch`,
  ' set enable_seqscan = off',
)}`;

export const down = `
alter table app_pauses drop column on_trial;
${dueLogins(`
  select p.organization_id, p.login_id
  from public.facebook_page_integrations p
  join public.organizations o on o.id = p.organization_id and o.is_active
  join public.integrations i on i.organization_id = p.organization_id and i.id = p.id and i.is_active
  join public.businesses b on b.organization_id = i.organization_id and b.id = i.business_id and b.is_active
  where p.next_check_at <= app.now()
  group by p.organization_id, p.login_id
  order by min(p.next_check_at)
  limit batch`)}`;
