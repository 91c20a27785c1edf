/** After an outage most pages are due, and the scan for them has to end in its time like on any other day. */
export const up = dueLogins(' order by p.next_check_at limit 50000');

export const down = dueLogins('');

/** @param bound so many of the pages that are due longest are looked at; a minute's checks are far fewer */
function dueLogins(bound: string): string {
  return `
set local role pagekeeper_router;
create or replace function router.due_logins(batch integer)
returns table (organization_id uuid, login_id uuid)
language sql stable security definer set search_path = '' set enable_seqscan = off as $$
  with due as materialized (
    select p.organization_id, p.login_id, p.id, p.next_check_at
    from public.facebook_page_integrations p where p.next_check_at <= app.now()${bound}
  )
  select d.organization_id, d.login_id from due d
  where (select o.is_active from public.organizations o where o.id = d.organization_id)
    and (select i.is_active and (select b.is_active from public.businesses b
           where b.organization_id = i.organization_id and b.id = i.business_id)
         from public.integrations i where i.organization_id = d.organization_id and i.id = d.id)
  group by d.organization_id, d.login_id
  order by min(d.next_check_at)
  limit batch
$$;
reset role;
`;
}
