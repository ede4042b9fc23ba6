-- Every index of a table that can take part in a foreign key: key columns (0 for an expression), operator classes.
-- Those alike come in one row, with lists, pairwise, of what is each one's own.
-- An expression of a table that somebody has locked is NULL, or if $2 is waited for; one that is stored as millions of
-- characters is not spelled out.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18 (NULLS NOT DISTINCT from 15 on). No privileges needed.
with locked as materialized (
  select distinct relation
    from pg_locks
   where mode = 'AccessExclusiveLock' and pid <> pg_backend_pid() and relation is not null and not $2
)
select i.columns, i.opclasses::int8[] as opclasses, am.amname as method, i.unique, i.primary, i.valid, i.replica_identity, i.exclusion,
       i.nulls_not_distinct, i.partial, i.expressions, i.predicate, i.oids, i.tables, i.names
  from (
    select i.columns, i.opclasses, c.relam, i.unique, i.primary, i.valid, i.replica_identity, i.exclusion,
           i.nulls_not_distinct, i.partial, i.expressions, i.predicate,
           array_agg(i.oid::int8) as oids, array_agg(i.table_oid::int8) as tables, array_agg(c.relname) as names
      from (values (false)) as absent (indnullsnotdistinct)
     cross join lateral (
       select indexrelid as oid, indrelid as table_oid, indisunique as unique, indisprimary as primary,
              indisvalid and indisready as valid, indisreplident as replica_identity, indisexclusion as exclusion,
              indnullsnotdistinct as nulls_not_distinct, indpred is not null as partial,
              case when indnatts = indnkeyatts then indkey::int2[]
                   else (indkey::int2[])[0:indnkeyatts - 1] end as columns,
              indclass::oid[] as opclasses,
              case when octet_length(indexprs::text) > 4000000 then '<more than 4,000,000 characters>'
                   when indexprs is not null and indrelid not in (select relation from locked)
                   then pg_get_expr(indexprs, indrelid) end as expressions,
              case when octet_length(indpred::text) > 4000000 then '<more than 4,000,000 characters>'
                   when indpred is not null and indrelid not in (select relation from locked)
                   then pg_get_expr(indpred, indrelid) end as predicate
         from pg_index
        where $1::oid[] is null or indrelid = any ($1)
     ) i
      join pg_class c on c.oid = i.oid
     where ($1::oid[] is not null or c.relnamespace <> all (array(
             select oid
               from pg_namespace
              where nspname in ('pg_catalog', 'information_schema')
                 or nspname like 'pg\_toast%'
                 or nspname like 'pg\_temp\_%'
           )))
     group by i.columns, i.opclasses, c.relam, i.unique, i.primary, i.valid, i.replica_identity, i.exclusion,
           i.nulls_not_distinct, i.partial, i.expressions, i.predicate
  ) i
  join pg_am am on am.oid = i.relam
