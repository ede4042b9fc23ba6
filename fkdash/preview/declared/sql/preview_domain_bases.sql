-- Gives what the domains spelled $1 are built on, through all domains below; other types give no row.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
WITH RECURSIVE chain (spelling, oid, modifier) AS (
    SELECT s, pg_catalog.to_regtype(s)::pg_catalog.oid, -1
      FROM pg_catalog.unnest($1::text[]) AS u (s)
    UNION ALL
    SELECT c.spelling, t.typbasetype, t.typtypmod
      FROM chain c
      JOIN pg_catalog.pg_type t ON t.oid = c.oid
     WHERE t.typtype = 'd'
)
SELECT c.spelling, pg_catalog.format_type(t.oid, c.modifier) AS base
  FROM chain c
  JOIN pg_catalog.pg_type t ON t.oid = c.oid
 WHERE t.typtype <> 'd'
   AND c.oid <> pg_catalog.to_regtype(c.spelling)
