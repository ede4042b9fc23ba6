-- Who waits for one of the server processes $1, directly or queued behind a lock of theirs; one row for each of ours.
-- `query` is NULL where this role may not see it. Takes no lock on any user's table.
-- Versions 14-18; no privileges, pg_read_all_stats to see what other roles run.
SELECT DISTINCT ON (ours.pid) ours.pid AS ours, waiter.pid,
       nullif(left(activity.query, 200), '<insufficient privilege>') AS query
  FROM (SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND pid <> ALL ($1::int[])) waiter
  CROSS JOIN LATERAL unnest(pg_blocking_pids(waiter.pid)) AS blocking (pid)
  JOIN unnest($1::int[]) AS ours (pid) ON ours.pid = blocking.pid
  LEFT JOIN pg_stat_activity activity ON activity.pid = waiter.pid
 ORDER BY ours.pid, waiter.pid
