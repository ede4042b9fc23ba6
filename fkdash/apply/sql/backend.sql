-- Who the writing connection is: its process and when that started, one row. deadlock_timeout in milliseconds.
-- `timeline` is the first part of the name of the log being written, null on a standby: a promotion or a restore
-- begins another (manual, "Timelines").
-- PostgreSQL 14 to 18. No privileges needed.
select pg_backend_pid()                                             as pid,
       (select extract(epoch from a.backend_start)::text from pg_stat_activity a where a.pid = pg_backend_pid()) as started,
       case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline,
       (select setting::int from pg_settings where name = 'deadlock_timeout') as deadlock_timeout_ms
