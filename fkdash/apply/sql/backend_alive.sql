-- Whether the process $1, started at $2 (text), is still there, and whether this server is the cluster $3
-- and no standby. `ended` asks for its end where $4 is true: a lost session must not keep its locks.
-- PostgreSQL 14 to 18. Ending needs the same role, a member of it, or pg_signal_backend.
select (select system_identifier::text from pg_control_system()) = $3::text and not pg_is_in_recovery() as same_primary,
       exists (select from pg_stat_activity where pid = $1::int and extract(epoch from backend_start)::text = $2::text)     as alive,
       (select bool_or(pg_terminate_backend(pid)) from pg_stat_activity
         where $4::bool and pid = $1::int and extract(epoch from backend_start)::text = $2::text)                           as ended
