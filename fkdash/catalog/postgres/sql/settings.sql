-- Sets the session's settings $1 to the values $2 until the transaction ends, and gives what each was `before`, with
-- how large the catalog is.
-- PostgreSQL 14 to 18. No privileges needed.
select pg_catalog.current_setting(s.name) as before,
       pg_catalog.set_config(s.name, s.value, true) as now,
       pg_catalog.pg_relation_size('pg_catalog.pg_attribute'::pg_catalog.regclass) as bytes
  from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) as s (name, value)
