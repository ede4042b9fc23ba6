-- The names of the collations $1, and the schemas that these are in; NULL asks for those of every column of a table or
-- view that is not PostgreSQL's own.
-- PostgreSQL 14 to 18. No privileges needed.
select c.oid::int8 as oid, c.collname as name, n.nspname as schema
  from pg_collation c join pg_namespace n on n.oid = c.collnamespace
 where c.oid = any ($1::oid[])
    or ($1::oid[] is null and c.oid in (select a.attcollation from pg_attribute a where a.attrelid >= 16384))
