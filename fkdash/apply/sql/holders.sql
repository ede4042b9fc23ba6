-- The sessions that hold a lock on any of the tables $1 (OIDs) in a mode that conflicts with the mode $2,
-- the oldest transaction first; $3 are the pids of our own backends. A prepared transaction has no pid.
-- What other roles' sessions do is hidden from a role without pg_read_all_stats.
-- PostgreSQL 14 to 18. No privileges needed.
with conflict (ours, theirs) as (values
  ('ACCESS EXCLUSIVE', array['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock',
                             'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']),
  ('SHARE ROW EXCLUSIVE', array['RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                                'ExclusiveLock', 'AccessExclusiveLock']),
  ('SHARE', array['RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                  'AccessExclusiveLock']),
  ('ROW EXCLUSIVE', array['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']),
  ('ROW SHARE', array['ExclusiveLock', 'AccessExclusiveLock']),
  ('ACCESS SHARE', array['AccessExclusiveLock']),
  ('SHARE UPDATE EXCLUSIVE', array['ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                                   'AccessExclusiveLock'])
)
select l.pid,
       coalesce(a.usename::text, '')          as role,
       coalesce(a.application_name, '')       as application,
       case when l.pid is null then 'prepared transaction' else coalesce(a.state, a.backend_type, 'not visible') end as state,
       extract(epoch from clock_timestamp() - coalesce(a.xact_start, x.prepared))::float8 as seconds,
       coalesce(left(a.query, 200), x.gid, '') as query,
       string_agg(distinct l.relation::regclass::text, ', ') as tables
  from pg_locks l
  join conflict c on c.ours = $2::text and l.mode = any (c.theirs)
  left join pg_stat_activity a on a.pid = l.pid
  left join pg_prepared_xacts x on l.pid is null and l.virtualtransaction = '-1/' || x.transaction::text
 where l.locktype = 'relation'
   and l.granted
   and l.relation = any ($1::oid[])
   and l.database = (select oid from pg_database where datname = current_database())
   and (l.pid is null or l.pid <> all ($3::int[]))
   and l.pid is distinct from pg_backend_pid()
 group by l.pid, a.usename, a.application_name, a.state, a.backend_type, a.xact_start, a.query, x.prepared, x.gid
 order by seconds desc nulls last
