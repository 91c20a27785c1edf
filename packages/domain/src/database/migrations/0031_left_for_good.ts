/**
 * Who leaves for good takes their e-mail address along: out of invitations, and out of the audit log, which is otherwise
 * append-only. There nothing but an address gives way, and to nothing but words that say so; the line, its time and who
 * acted stay. And sessions that have ended are deleted.
 */
const erased = `like 'erased-%@invalid'`;

export const up = `
create index invitations_address on invitations (email);
create index invitations_accepted on invitations (accepted_by) where accepted_by is not null;
grant select (email, accepted_by), update (email, state, updated_at) on invitations to pagekeeper_router;
create policy router_forgets on invitations for update to pagekeeper_router using (true) with check (email ${erased});
grant select (action, subject_id, changes, created_at), update (changes) on audit_events to pagekeeper_router;
create policy router_forgets on audit_events for update to pagekeeper_router
  using (coalesce(changes ->> 'email', changes ->> 'owner_email') is not null)
  with check (coalesce(changes ->> 'email', changes ->> 'owner_email') ${erased});
grant select (created_at) on organization_memberships to pagekeeper_router;

create index sessions_expires_at_idx on auth.sessions (expires_at);
grant select (id, expires_at), delete on auth.sessions to pagekeeper_router;

set local role pagekeeper_router;
grant usage on schema router to pagekeeper_auth;

-- Puts words in place of an address: in the invitations that the person accepted, and in those to the address, which it
-- closes where they are open; then in the audit log's lines about these, and about an organization that staff made for
-- the person. That line was written in the transaction that made their membership.
-- The address is null for who never proved that it is theirs: they must not close what others were sent.
create function router.forget_address(person uuid, address text) returns void
language sql volatile security definer set search_path = '' as $$
  with theirs as (
    update public.invitations i set email = 'erased-' || i.id || '@invalid', updated_at = now(),
      state = case i.state when 'pending' then 'revoked' else i.state end
    where i.accepted_by = person or i.email = address
    returning i.organization_id, i.id, i.email
  )
  update public.audit_events e set changes = e.changes || pg_catalog.jsonb_build_object('email', t.email)
  from theirs t
  where e.organization_id = t.organization_id and e.action = 'invitation.created' and e.subject_id = t.id;

  update public.audit_events e
  set changes = e.changes || pg_catalog.jsonb_build_object('owner_email', 'erased-' || e.id || '@invalid')
  from public.organization_memberships m
  where m.user_id = person and e.organization_id = m.organization_id and e.action = 'organization.created'
    and e.created_at = m.created_at and e.changes ->> 'owner_email' is not null
$$;
revoke all on function router.forget_address from public;
grant execute on function router.forget_address to pagekeeper_auth;

-- Sessions that have ended. They open nothing, and hold addresses and browsers.
create function router.forget_sessions(batch integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  forgotten integer;
begin
  delete from auth.sessions where id in (select s.id from auth.sessions s where s.expires_at < now() limit batch);
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
revoke all on function router.forget_sessions from public;
grant execute on function router.forget_sessions to pagekeeper_app;
reset role;

-- Who left before.
select router.forget_address(id, null) from auth.users where email = 'erased:' || id;
`;

export const down = `
set local role pagekeeper_router;
drop function router.forget_address, router.forget_sessions;
revoke usage on schema router from pagekeeper_auth;
reset role;
revoke select (id, expires_at), delete on auth.sessions from pagekeeper_router;
drop index auth.sessions_expires_at_idx;
revoke select (created_at) on organization_memberships from pagekeeper_router;
drop policy router_forgets on audit_events;
revoke select (action, subject_id, changes, created_at), update (changes) on audit_events from pagekeeper_router;
drop policy router_forgets on invitations;
revoke select (email, accepted_by), update (email, state, updated_at) on invitations from pagekeeper_router;
drop index invitations_accepted, invitations_address;
`;
