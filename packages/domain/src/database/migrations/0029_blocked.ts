/** People are told that Facebook keeps a page from sending. */
export const up = `
alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check
  check (kind in ('expiring', 'dead', 'recovered', 'moved', 'taken_over', 'blocked'));
`;

export const down = `
alter table notifications no force row level security;
delete from notifications where kind = 'blocked';
alter table notifications force row level security;
alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check
  check (kind in ('expiring', 'dead', 'recovered', 'moved', 'taken_over'));
`;
