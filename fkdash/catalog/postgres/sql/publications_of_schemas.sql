-- A part of publications.sql: the tables that a publication publishes with their schema.
-- PostgreSQL 15 to 18. No privileges needed.
union all
select a.oid, n.pnpubid, a.ancestor, a.level, null, null
  from pg_publication_namespace n
  join pg_class k on k.relnamespace = n.pnnspid
  join above a on a.ancestor = k.oid
