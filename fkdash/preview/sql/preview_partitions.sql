-- Gives the OIDs of all partitions below the tables with OIDs in $1, at every level.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
WITH RECURSIVE below(oid) AS (
    SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = ANY($1::oid[]) AND c.relispartition
    UNION
    SELECT i.inhrelid FROM below b JOIN pg_catalog.pg_inherits i ON i.inhparent = b.oid
      JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
     WHERE c.relispartition
)
SELECT oid::bigint AS oid FROM below
