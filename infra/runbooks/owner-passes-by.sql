-- As pagekeeper_owner: row level security lets the owner pass by, until owner-is-held.sql. The roles of api and worker
-- are held all the time. Each table is locked for a moment; where that fails, type it again.
set lock_timeout = '2s';
select format('alter table %s no force row level security', oid::regclass) from pg_class where relforcerowsecurity \gexec
