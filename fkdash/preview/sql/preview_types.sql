-- Gives, for the types with the OIDs in $1 and those their domains are built on: what a column of the type is
-- made of. `constraints` are the CHECKs of that one domain; `calls` as in preview_tables.sql.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
WITH RECURSIVE chain(oid) AS (
    SELECT unnest($1::oid[])
    UNION
    SELECT t.typbasetype FROM chain c JOIN pg_catalog.pg_type t ON t.oid = c.oid WHERE t.typtype = 'd'
)
SELECT t.oid::bigint AS oid,
       t.typtype::text AS kind,
       CASE WHEN t.typtype = 'd' THEN t.typbasetype::bigint END AS base,
       format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END, t.typtypmod) AS base_spelling,
       n.nspname::text AS schema,
       t.typname::text AS name,
       t.typnotnull AS not_null,
       (SELECT jsonb_agg(jsonb_build_object(
                 'name', c.conname,
                 'expression', pg_catalog.pg_get_expr(c.conbin, 0),
                 'calls', (SELECT jsonb_build_object(
                                    'risk', max(CASE WHEN f.provolatile = 'v' OR (f.provolatile = 's' AND f.oid >= 16384)
                                                     THEN 'v' ELSE 'i' END),
                                    'restricted', jsonb_agg(f.oid::bigint) FILTER (WHERE f.proacl IS NOT NULL))
                            FROM regexp_matches(c.conbin::text, ':(?:op)?funcid (\d+)', 'g') m
                            JOIN pg_catalog.pg_proc f ON f.oid = m[1]::oid)
               ) ORDER BY c.conname COLLATE "C")
          FROM pg_catalog.pg_constraint c
         WHERE c.contypid = t.oid AND c.contype = 'c'
           AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)) AS constraints
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE t.oid IN (SELECT oid FROM chain)
