/**
 * An organization's people are told when staff enter it: of no page. And an invitation that is sent again rests on the
 * right of who sent it again.
 */
export const up = `
alter table notifications alter column integration_id drop not null;
alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check
  check (kind in ('expiring', 'dead', 'recovered', 'moved', 'taken_over', 'blocked', 'staff_entered'));
alter table notifications add constraint notifications_page_check
  check (integration_id is not null or kind = 'staff_entered');
grant update (invited_by, invited_by_key) on invitations to pagekeeper_app;
`;

export const down = `
revoke update (invited_by, invited_by_key) on invitations from pagekeeper_app;
alter table notifications no force row level security;
delete from notifications where kind = 'staff_entered';
alter table notifications force row level security;
alter table notifications drop constraint notifications_page_check;
alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check
  check (kind in ('expiring', 'dead', 'recovered', 'moved', 'taken_over', 'blocked'));
alter table notifications alter column integration_id set not null;
`;
