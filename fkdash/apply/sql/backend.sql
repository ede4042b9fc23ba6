-- Who the writing connection is: its process and when that started, one row. deadlock_timeout in milliseconds.
-- PostgreSQL 14 to 18. No privileges needed.
select pg_backend_pid()                                             as pid,
       (select extract(epoch from a.backend_start)::text from pg_stat_activity a where a.pid = pg_backend_pid()) as started,
       (select setting::int from pg_settings where name = 'deadlock_timeout') as deadlock_timeout_ms
