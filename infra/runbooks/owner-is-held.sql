-- As pagekeeper_owner: row level security holds the owner too, as it must. Where a table fails, type it again.
set lock_timeout = '2s';
select format('alter table %s force row level security', oid::regclass) from pg_class
where relrowsecurity and not relforcerowsecurity \gexec
