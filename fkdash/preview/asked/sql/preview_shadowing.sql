-- Gives the functions that no superuser owns and that names in a condition may lead to: functions called $2 in a
-- schema $1 (pairwise; "" stands for every schema in $5); functions behind operators called $3 in a schema of $5, or in
-- any if $6; those that check a domain called $4, or one inside a type called that, or any if "*" is among $4; and,
-- if "::" is among $4, those that cast from or to a type called $4 or one of a column of a relation called $7.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
WITH RECURSIVE others AS MATERIALIZED (
    SELECT p.oid, p.proname, p.pronamespace
      FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
     WHERE NOT r.rolsuper
), path AS (
    SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY($5::name[])
), columns AS (
    SELECT DISTINCT a.atttypid AS oid
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE a.atttypid >= 16384 AND c.relname = ANY($7::name[])
), named AS (
    SELECT t.oid FROM pg_catalog.pg_type t
     WHERE t.typname = ANY($4::name[]) AND t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace
        OR '*' = ANY($4::name[]) AND t.typtype = 'd'
), inside (oid, named) AS (
    SELECT oid, true FROM named
    UNION
    SELECT oid, false FROM columns
    UNION
    SELECT u.part, i.named
      FROM inside i
      JOIN pg_catalog.pg_type t ON t.oid = i.oid
     CROSS JOIN LATERAL (
        SELECT t.typbasetype WHERE t.typtype = 'd'
        UNION ALL SELECT t.typelem WHERE t.typelem <> 0
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid OR r.rngmultitypid = t.oid
        UNION ALL SELECT m.atttypid FROM pg_catalog.pg_attribute m
                   WHERE m.attrelid = t.typrelid AND t.typrelid <> 0 AND m.attnum > 0 AND NOT m.attisdropped
     ) AS u (part)
     WHERE u.part >= 16384
)
SELECT o.oid FROM others o
  JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace
  JOIN unnest($1::name[], $2::name[]) AS called(schema, name) ON called.name = o.proname
 WHERE called.schema = n.nspname OR called.schema = '' AND n.oid IN (SELECT oid FROM path)
UNION
SELECT o.oid FROM pg_catalog.pg_operator e JOIN others o ON o.oid = e.oprcode
 WHERE e.oprname = ANY($3::name[]) AND ($6::boolean OR e.oprnamespace IN (SELECT oid FROM path))
UNION
SELECT o.oid
  FROM inside i
  JOIN pg_catalog.pg_constraint k ON k.contypid = i.oid
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_constraint'::regclass AND d.objid = k.oid
  LEFT JOIN pg_catalog.pg_operator e ON d.refclassid = 'pg_catalog.pg_operator'::regclass AND e.oid = d.refobjid
  JOIN others o ON o.oid = e.oprcode OR d.refclassid = 'pg_catalog.pg_proc'::regclass AND o.oid = d.refobjid
 WHERE i.named
UNION
SELECT c.castfunc FROM pg_catalog.pg_cast c
  JOIN pg_catalog.pg_type t ON t.oid IN (c.castsource, c.casttarget)
 WHERE c.castfunc IN (SELECT oid FROM others) AND '::' = ANY($4::name[])
   AND (t.oid IN (SELECT oid FROM inside) OR t.typelem IN (SELECT oid FROM inside))
