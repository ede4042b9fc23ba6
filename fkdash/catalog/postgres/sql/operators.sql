-- The equality operators that foreign keys use, spelled for OPERATOR(), and the operator classes' names.
-- PostgreSQL 14 to 18. No privileges needed.
select o.oid::int8 as oid, quote_ident(n.nspname) || '.' || o.oprname as spelling
  from pg_operator o
  join pg_namespace n on n.oid = o.oprnamespace
 where o.oid = any ($1::oid[])
