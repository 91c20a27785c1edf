/** Also the words of replies that never came to an end leave with their events: nothing is sent after the windows. */
const forget = (except: string) => `
set local role pagekeeper_router;
create or replace function router.forget_reply_words(before timestamptz, batch integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  forgotten integer;
begin
  if before > app.now() - interval '8 days' then raise exception 'younger than the windows for replies'; end if;
  update public.replies r set text = null
  from (select organization_id, id from public.replies
        where text is not null and created_at < before${except}
        order by created_at limit batch for update skip locked) old
  where r.organization_id = old.organization_id and r.id = old.id;
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
reset role;
`;

export const up = forget('');

export const down = forget(` and state not in ('claimed', 'sending')`);
