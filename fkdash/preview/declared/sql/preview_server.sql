-- The server's version, and the newest OID of what keys are made with: a new trigger's name ends in a higher one.
-- PostgreSQL 14 to 18. No privileges needed.
select pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version,
       greatest(
         (select max(oid) from pg_catalog.pg_class), (select max(oid) from pg_catalog.pg_type),
         (select max(oid) from pg_catalog.pg_constraint), (select max(oid) from pg_catalog.pg_trigger)
       )::pg_catalog.int8 as newest_oid
