-- The table locks that this session holds and that can make others wait, as the manual spells the modes.
-- PostgreSQL 14 to 18. No privileges needed.
select n.nspname as schema, c.relname as name,
       upper(trim(regexp_replace(replace(l.mode, 'Lock', ''), '([a-z])([A-Z])', '\1 \2', 'g'))) as mode
  from pg_locks l
  join pg_class c on c.oid = l.relation
  join pg_namespace n on n.oid = c.relnamespace
 where l.pid = pg_backend_pid()
   and l.granted
   and c.relkind in ('r', 'p')
   and n.nspname <> 'pg_catalog'
   and l.mode in ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock', 'ShareUpdateExclusiveLock')
 order by 1, 2, 3
