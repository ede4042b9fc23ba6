-- Every CHECK of a table. An unqualified column that a version lacks is taken from `absent`.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18 (NOT ENFORCED from 18 on). No privileges needed.
with locked as materialized (
  select distinct relation
    from pg_locks
   where mode = 'AccessExclusiveLock' and pid <> pg_backend_pid() and relation is not null
)
select k.table_oid, k.name, k.columns, k.validated, k.enforced,
       case when l.relation is null then pg_get_expr(k.conbin, k.table_oid) end as expression
  from (values (true)) as absent (conenforced)
 cross join lateral (
   select conrelid as table_oid, conname as name, conkey as columns, convalidated as validated,
          conenforced as enforced, conbin
     from pg_constraint
    where contype = 'c' and conrelid <> 0 and ($1::oid[] is null or conrelid = any ($1))
 ) k
  left join locked l on l.relation = k.table_oid
 order by k.table_oid, k.name collate "C"
