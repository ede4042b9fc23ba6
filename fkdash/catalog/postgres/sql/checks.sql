-- Every CHECK of a table, without its expression; `columns` has no tableoid, which one may ask for too. An unqualified
-- column that a version lacks is taken from `absent`.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18 (NOT ENFORCED from 18 on). No privileges needed.
select k.oid::int8 as oid, k.table_oid::int8 as table_oid, k.name, k.columns, k.validated, k.enforced
  from (values (true)) as absent (conenforced)
 cross join lateral (
   select oid, conrelid as table_oid, conname as name, array_remove(conkey, -6::int2) as columns, convalidated as validated,
          conenforced as enforced
     from pg_constraint
    where contype = 'c' and conrelid <> 0 and ($1::oid[] is null or conrelid = any ($1))
 ) k
 order by k.table_oid, k.name collate "C"
