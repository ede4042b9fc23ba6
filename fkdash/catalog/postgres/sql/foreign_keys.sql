-- Every foreign key, the copies kept for partitions included (`parent` <> 0). Those that do the same come in one
-- row, with lists, pairwise, of what is each one's own.
-- Of a comment of millions of characters only that it is one is given.
-- An unqualified column that a version lacks is taken from `absent`.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18 (column lists from 15 on, NOT ENFORCED and PERIOD from 18 on). No privileges needed.
select conkey as columns, confkey as referenced_columns, confdeltype::text as on_delete, confupdtype::text as on_update,
       confmatchtype::text as match, condeferrable as deferrable, condeferred as initially_deferred,
       convalidated as validated, conenforced as enforced, conperiod as period, confdelsetcols as delete_columns,
       conpfeqop::int8[] as operators, conparentid::int8 as parent, comment, oids, names, tables, referenced, indexes
  from (
    -- As they stand: what is made of a value is made once for all that are alike.
    select k.conkey, k.confkey, k.confdeltype, k.confupdtype, k.confmatchtype, k.condeferrable, k.condeferred,
           k.convalidated, k.conenforced, k.conperiod, k.confdelsetcols, k.conpfeqop, k.conparentid,
           case when octet_length(d.description) > 4000000 then '<more than 4,000,000 characters>'
                else d.description end as comment, array_agg(k.oid::int8) as oids, array_agg(k.conname) as names,
           array_agg(k.conrelid::int8) as tables, array_agg(k.confrelid::int8) as referenced,
           array_agg(k.conindid::int8) as indexes
      from (values (null::int2[], true, false)) as absent (confdelsetcols, conenforced, conperiod)
     cross join lateral (
       select oid, conname, conrelid, conkey, confrelid, confkey, confdeltype, confupdtype, confmatchtype,
              condeferrable, condeferred, convalidated, conenforced, conperiod, confdelsetcols, conindid, conpfeqop,
              conparentid
         from pg_constraint
        where contype = 'f' and ($1::oid[] is null or conrelid = any ($1))
     ) k
      left join pg_description d
        on d.classoid = 'pg_constraint'::regclass and d.objoid = k.oid and d.objsubid = 0
     group by k.conkey, k.confkey, k.confdeltype, k.confupdtype, k.confmatchtype, k.condeferrable, k.condeferred,
           k.convalidated, k.conenforced, k.conperiod, k.confdelsetcols, k.conpfeqop, k.conparentid, comment
  ) alike
