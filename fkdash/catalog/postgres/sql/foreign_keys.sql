-- Every foreign key, the copies kept for partitions included (`parent` <> 0). Those that do the same come in one
-- row, with lists, pairwise, of what is each one's own.
-- An unqualified column that a version lacks is taken from `absent`.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18 (column lists from 15 on, NOT ENFORCED and PERIOD from 18 on). No privileges needed.
select k.columns, k.referenced_columns, k.on_delete, k.on_update, k.match, k.deferrable, k.initially_deferred,
       k.validated, k.enforced, k.period, k.delete_columns, k.operators::int8[] as operators, k.parent::int8 as parent, d.description as comment,
       array_agg(k.oid::int8) as oids, array_agg(k.name) as names, array_agg(k.table_oid::int8) as tables,
       array_agg(k.referenced_oid::int8) as referenced, array_agg(k.index_oid::int8) as indexes
  from (values (null::int2[], true, false)) as absent (confdelsetcols, conenforced, conperiod)
 cross join lateral (
   select oid, conparentid as parent, conname as name, conrelid as table_oid, conkey as columns,
          confrelid as referenced_oid, confkey as referenced_columns,
          confdeltype::text as on_delete, confupdtype::text as on_update, confmatchtype::text as match,
          condeferrable as deferrable, condeferred as initially_deferred, convalidated as validated,
          conenforced as enforced, conperiod as period, confdelsetcols as delete_columns,
          conindid as index_oid, conpfeqop as operators
     from pg_constraint
    where contype = 'f' and ($1::oid[] is null or conrelid = any ($1))
 ) k
  left join pg_description d on d.classoid = 'pg_constraint'::regclass and d.objoid = k.oid and d.objsubid = 0
 group by k.columns, k.referenced_columns, k.on_delete, k.on_update, k.match, k.deferrable, k.initially_deferred,
       k.validated, k.enforced, k.period, k.delete_columns, k.operators, k.parent, comment
