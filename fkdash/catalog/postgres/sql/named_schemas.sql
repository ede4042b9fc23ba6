-- A part of tables.sql: what a publication publishes with its schema.
-- PostgreSQL 15 to 18. No privileges needed.
union all
select n.pnpubid, k.oid, false from pg_publication_namespace n join publishable k on k.relnamespace = n.pnnspid
