-- Which database this is, one row: its name and OID, and whether the cluster's own identifier may be asked for
-- (asking without the right would fail the statement even where the answer is not used).
-- PostgreSQL 14 to 18. No privileges needed.
select d.datname::text as database,
       d.oid::int8     as oid,
       has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') as may_ask
  from pg_database d
 where d.datname = current_database()
