-- How far an index build of the process $1 is: phase, blocks or tuples done and in all; no row when it builds none.
-- PostgreSQL 14 to 18. The same role, or pg_read_all_stats.
select phase,
       coalesce(nullif(blocks_done, 0), tuples_done, 0)   as done,
       coalesce(nullif(blocks_total, 0), tuples_total, 0) as total
  from pg_stat_progress_create_index
 where pid = $1::int
