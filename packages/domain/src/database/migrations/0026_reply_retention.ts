/** The words of replies leave with the events that they answered. */
export const up = `
create index replies_worded on replies (created_at) where text is not null;
create policy router_forgets on replies for update to pagekeeper_router
  using (created_at < app.now() - interval '8 days') with check (text is null);
-- The words are sealed, and no function gives them out: it is only seen whether there are any.
grant select (created_at, state, text), update (text) on replies to pagekeeper_router;

set local role pagekeeper_router;
create function router.forget_reply_words(before timestamptz, batch integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  forgotten integer;
begin
  if before > app.now() - interval '8 days' then raise exception 'younger than the windows for replies'; end if;
  update public.replies r set text = null
  from (select organization_id, id from public.replies
        where text is not null and created_at < before and state not in ('claimed', 'sending')
        order by created_at limit batch for update skip locked) old
  where r.organization_id = old.organization_id and r.id = old.id;
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
revoke all on function router.forget_reply_words from public;
grant execute on function router.forget_reply_words to pagekeeper_app;
reset role;
`;

export const down = `
set local role pagekeeper_router;
drop function router.forget_reply_words;
reset role;
revoke select (created_at, state, text), update (text) on replies from pagekeeper_router;
drop policy router_forgets on replies;
drop index replies_worded;
`;
