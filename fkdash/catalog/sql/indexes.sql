-- Every index of a table that can take part in a foreign key: key columns (0 for an expression), operator classes.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18 (NULLS NOT DISTINCT from 15 on). No privileges needed.
with locked as materialized (
  select distinct relation
    from pg_locks
   where mode = 'AccessExclusiveLock' and pid <> pg_backend_pid() and relation is not null
)
select i.indexrelid as oid, i.indrelid as table_oid, c.relname as name, am.amname as method,
       i.columns, i.opclasses,
       i.indisunique as unique, i.indisprimary as primary, i.indisvalid and i.indisready as valid,
       i.indisreplident as replica_identity, i.indisexclusion as exclusion, i.nulls_not_distinct,
       i.indpred is not null as partial,
       case when i.indexprs is not null and l.relation is null
            then pg_get_expr(i.indexprs, i.indrelid) end as expressions,
       case when i.indpred is not null and l.relation is null then pg_get_expr(i.indpred, i.indrelid) end as predicate
  from (values (false)) as absent (indnullsnotdistinct)
 cross join lateral (
   select indexrelid, indrelid, indisunique, indisprimary, indisvalid, indisready, indisreplident, indisexclusion, indpred, indexprs,
          indnullsnotdistinct as nulls_not_distinct,
          (indkey::int2[])[0:indnkeyatts - 1] as columns,
          (indclass::oid[])[0:indnkeyatts - 1] as opclasses
     from pg_index
    where $1::oid[] is null or indrelid = any ($1)
 ) i
  join pg_class c on c.oid = i.indexrelid
  join pg_am am on am.oid = c.relam
  join pg_namespace n on n.oid = c.relnamespace
  left join locked l on l.relation = i.indrelid
 where n.nspname not in ('pg_catalog', 'information_schema')
   and n.nspname not like 'pg\_toast%'
   and n.nspname not like 'pg\_temp\_%'
 order by i.indrelid, i.indexrelid
