-- Whether the process $1, started at $2 (text), is still there, and whether this server is a primary.
-- `ended` asks for its end where $3 is true: a lost session must not keep its locks.
-- PostgreSQL 14 to 18. Ending needs the same role, a member of it, or pg_signal_backend.
select not pg_is_in_recovery() as primary,
       exists (select from pg_stat_activity where pid = $1::int and extract(epoch from backend_start)::text = $2::text)     as alive,
       (select bool_or(pg_terminate_backend(pid)) from pg_stat_activity
         where $3::bool and pid = $1::int and extract(epoch from backend_start)::text = $2::text)                           as ended
