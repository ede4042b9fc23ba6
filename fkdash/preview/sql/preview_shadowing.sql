-- Gives the functions that no superuser owns and that names in a statement may lead to: functions called $2 in a
-- schema $1 (pairwise; "" stands for every schema in $5), functions behind operators called $3 in a schema of $5,
-- those that check domains if a type called $4 is no enum, and those that carry out casts if "::" is among $4.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
WITH others AS MATERIALIZED (
    SELECT p.oid, p.proname, p.pronamespace
      FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
     WHERE NOT r.rolsuper
), path AS (
    SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY($5::name[])
)
SELECT o.oid FROM others o
  JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace
  JOIN unnest($1::name[], $2::name[]) AS called(schema, name) ON called.name = o.proname
 WHERE called.schema = n.nspname OR called.schema = '' AND n.oid IN (SELECT oid FROM path)
UNION
SELECT o.oid FROM pg_catalog.pg_operator e JOIN others o ON o.oid = e.oprcode
 WHERE e.oprname = ANY($3::name[]) AND e.oprnamespace IN (SELECT oid FROM path)
UNION
SELECT o.oid
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_constraint'::regclass AND d.objid = k.oid
  LEFT JOIN pg_catalog.pg_operator e ON d.refclassid = 'pg_catalog.pg_operator'::regclass AND e.oid = d.refobjid
  JOIN others o ON o.oid = e.oprcode OR d.refclassid = 'pg_catalog.pg_proc'::regclass AND o.oid = d.refobjid
 WHERE EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.typname = ANY($4::name[]) AND t.typtype <> 'e')
UNION
SELECT c.castfunc FROM pg_catalog.pg_cast c WHERE c.castfunc IN (SELECT oid FROM others) AND '::' = ANY($4::name[])
