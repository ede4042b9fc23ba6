-- Gives, for the types with the OIDs in $1 and all that they are made of: what a column of the type consists of.
-- `checks` are the stored expressions of the CHECKs of that one domain by name; `parts` are the types
-- of a composite type's columns, of an array's elements, of a range, or what a domain is built on.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
WITH RECURSIVE made(oid) AS (
    SELECT oid FROM unnest($1::oid[]) AS asked(oid)
    UNION
    SELECT u.part
      FROM made c
      JOIN pg_catalog.pg_type t ON t.oid = c.oid
     CROSS JOIN LATERAL (
        SELECT t.typbasetype WHERE t.typtype = 'd'
        UNION ALL SELECT t.typelem WHERE t.typelem <> 0
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid OR r.rngmultitypid = t.oid
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                   WHERE a.attrelid = t.typrelid AND t.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped
     ) AS u(part)
)
SELECT t.oid::bigint AS oid,
       t.typtype::text AS kind,
       CASE WHEN t.typtype = 'd' THEN t.typbasetype::bigint END AS base,
       n.nspname::text AS schema,
       t.typname::text AS name,
       (SELECT array_agg(DISTINCT u.part::bigint) FROM (
            SELECT t.typbasetype WHERE t.typtype = 'd'
            UNION ALL SELECT t.typelem WHERE t.typelem <> 0
            UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid OR r.rngmultitypid = t.oid
            UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                       WHERE a.attrelid = t.typrelid AND t.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped
        ) AS u(part)) AS parts,
       (SELECT jsonb_object_agg(c.conname, CASE WHEN octet_length(c.conbin::text) > 4000000 THEN '{TOOLONG}' ELSE c.conbin::text END)
          FROM pg_catalog.pg_constraint c
         WHERE c.contypid = t.oid AND c.contype = 'c') AS checks
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE t.oid IN (SELECT oid FROM made)
