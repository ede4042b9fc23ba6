-- The functions with the OIDs $1, which triggers run: their texts, read and never run; that of one longer than $2
-- characters is NULL.
-- PostgreSQL 14 to 18. No privileges needed.
select p.oid::int8 as oid, n.nspname as schema, p.proname as name, l.lanname as language,
       case when length(p.prosrc) <= $2 then p.prosrc end as source
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang
 where p.oid = any ($1::oid[])
