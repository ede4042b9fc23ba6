-- The names of operator classes, schema-qualified.
-- PostgreSQL 14 to 18. No privileges needed.
select o.oid::int8 as oid, quote_ident(n.nspname) || '.' || quote_ident(o.opcname) as spelling
  from pg_opclass o
  join pg_namespace n on n.oid = o.opcnamespace
