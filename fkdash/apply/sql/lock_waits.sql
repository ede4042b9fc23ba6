-- Who waits for a lock on this server and for whom: at most $1 sessions that wait, the longest first, and those that
-- they wait for; `blocking` has the pids in their way, 0 for a prepared transaction.
-- PostgreSQL 14 to 18. What other roles' sessions do is hidden from a role without pg_read_all_stats.
with waiting as materialized (
  select l.pid, min(l.waitstart) as since
    from pg_locks l
   where not l.granted
   group by l.pid
   order by min(l.waitstart) nulls last
   limit $1
), edges as materialized (
  select w.pid, w.since, pg_blocking_pids(w.pid) as blocking
    from waiting w
), everybody as (
  select e.pid, e.since, e.blocking from edges e
  union all
  select distinct b.pid, null::timestamptz, '{}'::int[]
    from edges e cross join lateral unnest(e.blocking) b (pid)
   where b.pid not in (select pid from edges)
)
select p.pid,
       coalesce(a.usename::text, '')     as role,
       coalesce(a.application_name, '')  as application,
       case when p.pid = 0 then 'prepared transaction' else coalesce(a.state, a.backend_type, 'not visible') end as state,
       extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds,
       extract(epoch from clock_timestamp() - p.since)::float8 as waited_seconds,
       array(select distinct unnest(p.blocking)) as blocking,
       coalesce(left(a.query, 200), '')  as query
  from everybody p
  left join pg_stat_activity a on a.pid = p.pid
