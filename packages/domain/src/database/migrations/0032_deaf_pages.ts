/**
 * People are told that a page gets no events any more, and that it does again. And whose check failed last: the same login
 * over and over does not pause the app for everybody.
 */
export const up = `
alter table app_pauses add column failed_login uuid;
alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check
  check (kind in ('expiring', 'dead', 'recovered', 'deaf', 'heard', 'moved', 'taken_over', 'blocked', 'staff_entered'));
`;

export const down = `
alter table notifications no force row level security;
delete from notifications where kind in ('deaf', 'heard');
alter table notifications force row level security;
alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check
  check (kind in ('expiring', 'dead', 'recovered', 'moved', 'taken_over', 'blocked', 'staff_entered'));
alter table app_pauses drop column failed_login;
`;
