-- The relations of this database that are held or awaited in ACCESS EXCLUSIVE, at most three and how many there are:
-- what makes a reader wait. `pid` is NULL for a prepared transaction, `query` where this role may not see it,
-- `seconds` the age of that transaction. Takes no lock on the relations themselves.
-- Versions 14-18; no privileges, pg_read_all_stats to see what other roles run.
SELECT format('%I.%I', n.nspname, c.relname) AS relation, l.granted, l.pid,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
       nullif(left(a.query, 200), '<insufficient privilege>') AS query,
       count(*) OVER () AS found
  FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
   AND l.database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
   AND c.relkind IN ('r', 'p', 'm', 'f', 'i', 'I')
 ORDER BY c.relkind IN ('i', 'I'), l.granted DESC, seconds DESC NULLS LAST, relation
 LIMIT 3
