-- NOT NULL constraints by name, which exist from PostgreSQL 18 on (contype n): one row of lists, pairwise,
-- because a large database has a hundred thousand. `inherited`, `borrowed` (of one table alone, and not its own) and
-- `validated` say which of `names` are.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18. No privileges needed.
select coalesce(array_agg(conrelid::int8), '{}')   as tables,
       coalesce(array_agg(conkey[1]), '{}')        as numbers,
       coalesce(array_agg(conname), '{}')          as names,
       coalesce(array_agg(coninhcount > 0), '{}')  as inherited,
       coalesce(array_agg(coninhcount = 1 and not conislocal), '{}') as borrowed,
       coalesce(array_agg(convalidated), '{}')     as validated
  from pg_constraint
 where contype = 'n'
   and conrelid <> 0
   and ($1::oid[] is null or conrelid = any ($1))
