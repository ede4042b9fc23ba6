-- The schema that pg_stat_statements is in, no row without the extension.
-- PostgreSQL 14 to 18. No privileges needed.
select n.nspname
  from pg_extension e
  join pg_namespace n on n.oid = e.extnamespace
 where e.extname = 'pg_stat_statements'
