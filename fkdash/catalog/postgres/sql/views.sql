-- The definitions of views and materialized views, those on tables that another session holds or awaits
-- with ACCESS EXCLUSIVE left out (reading them would wait), and those that are stored as millions of characters. $1 the
-- most to read.
-- PostgreSQL 14 to 18. No privileges needed.
with locked as materialized (
  select distinct relation
    from pg_locks
   where mode = 'AccessExclusiveLock' and pid <> pg_backend_pid() and relation is not null
), blocked as (
  select distinct r.ev_class
    from pg_depend d
    join locked l on l.relation = d.refobjid
    join pg_rewrite r on r.oid = d.objid
   where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
)
select n.nspname as schema, c.relname as name, pg_get_viewdef(c.oid) as definition
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join blocked b on b.ev_class = c.oid
 where c.relkind in ('v', 'm')
   and b.ev_class is null
   and not exists (select from pg_rewrite w where w.ev_class = c.oid and octet_length(w.ev_action::text) > 4000000)
   and c.relnamespace <> all (array(
         select oid
           from pg_namespace
          where nspname in ('pg_catalog', 'information_schema')
             or nspname like 'pg\_toast%'
             or nspname like 'pg\_temp\_%'
       ))
 order by c.oid
 limit $1
