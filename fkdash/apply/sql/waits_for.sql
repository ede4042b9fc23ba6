-- The sessions that the process $1 waits for right now, the oldest transaction first; pid 0 is a prepared transaction.
-- PostgreSQL 14 to 18. What other roles' sessions do is hidden from a role without pg_read_all_stats.
select nullif(b.pid, 0)                     as pid,
       coalesce(a.usename::text, '')        as role,
       coalesce(a.application_name, '')     as application,
       case when b.pid = 0 then 'prepared transaction' else coalesce(a.state, a.backend_type, 'not visible') end as state,
       extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds,
       coalesce(left(a.query, 200), '')     as query,
       'what it waits for'                  as tables
  from unnest(pg_blocking_pids($1::int)) b (pid)
  left join pg_stat_activity a on a.pid = b.pid
 order by seconds desc nulls last
