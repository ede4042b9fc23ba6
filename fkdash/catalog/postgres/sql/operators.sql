-- The equality operators $1 that foreign keys use, spelled for OPERATOR(); NULL asks for all that they use.
-- PostgreSQL 14 to 18. No privileges needed.
select o.oid::int8 as oid, quote_ident(n.nspname) || '.' || o.oprname as spelling
  from pg_operator o
  join pg_namespace n on n.oid = o.oprnamespace
 where o.oid = any ($1::oid[])
    or ($1::oid[] is null and o.oid in (
      select unnest(c.conpfeqop || c.conppeqop || c.conffeqop) from pg_constraint c where c.contype = 'f'
    ))
