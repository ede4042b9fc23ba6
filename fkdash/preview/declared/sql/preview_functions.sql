-- Gives, of the functions with the OIDs in $1 and the roles named in $2, the pairs where the role may not execute
-- the function, as PostgreSQL checks it: the schema does not matter, as an expression knows functions by OID.
-- `inlined`: the planner may replace the function by its body.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
SELECT r.rolname::text AS role,
       p.oid::bigint AS function,
       p.oid::regprocedure::text AS name,
       l.lanname = 'sql' AS inlined
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
 CROSS JOIN pg_catalog.pg_roles r
 WHERE p.oid = ANY($1::oid[]) AND r.rolname = ANY($2::name[])
   AND NOT pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')
