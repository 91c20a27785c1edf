/** One organization with many invitations that no mail server takes keeps nobody else's from being sent. */
export const up = `
set local role pagekeeper_router;
-- Invitations whose e-mail did not go out yet: of each organization one by turns, in any order.
create or replace function router.unsent_invitations(batch integer)
returns table (organization_id uuid, invitation_id uuid)
language sql volatile security definer set search_path = '' as $$
  select organization_id, id from (
    select i.organization_id, i.id, row_number() over (partition by i.organization_id order by random()) as turn
    from public.invitations i
    join public.organizations o on o.id = i.organization_id and o.is_active
    where i.state = 'pending' and i.sent_at is null and i.expires_at > app.now()
  ) unsent
  order by turn, random()
  limit batch
$$;
reset role;
`;

export const down = `
set local role pagekeeper_router;
create or replace function router.unsent_invitations(batch integer)
returns table (organization_id uuid, invitation_id uuid)
language sql stable security definer set search_path = '' as $$
  select i.organization_id, i.id from public.invitations i
  join public.organizations o on o.id = i.organization_id and o.is_active
  where i.state = 'pending' and i.sent_at is null and i.expires_at > app.now()
  limit batch
$$;
reset role;
`;
