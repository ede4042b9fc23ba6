-- Gives every foreign key (partition clones included) that a DELETE from the table with OID $1 can reach:
-- those that point at a reached table or stand on one, with their equality operators. What else they are is a
-- catalog's to tell.
-- A table is reached through CASCADE, SET NULL and SET DEFAULT, through the foreign keys with OIDs in $2
-- ("what if" they had such an action), through partitions and through inheritance.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
WITH RECURSIVE keys AS MATERIALIZED (
    SELECT c.oid, c.conrelid, c.confrelid, c.confdeltype, c.confupdtype
      FROM pg_catalog.pg_constraint c
     WHERE c.contype = 'f'
), edges AS (
    SELECT confrelid AS source, conrelid AS destination FROM keys
     WHERE confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd') OR oid = ANY($2::oid[])
    UNION ALL SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits
    UNION ALL SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i
                JOIN pg_catalog.pg_class r ON r.oid = i.inhrelid WHERE r.relispartition
), reached(relation) AS (
    SELECT $1::oid
    UNION
    SELECT e.destination FROM reached r JOIN edges e ON e.source = r.relation
)
SELECT c.oid::bigint AS oid,
       c.conrelid::bigint AS relation,
       c.confrelid::bigint AS referenced,
       c.conparentid::bigint AS parent,
       c.confdeltype IN ('n', 'd') OR c.confupdtype IN ('c', 'n', 'd') AS writes,
       c.conpfeqop::bigint[] AS pf_operators,
       c.conppeqop::bigint[] AS pp_operators,
       c.conffeqop::bigint[] AS ff_operators
  FROM keys k
  JOIN pg_catalog.pg_constraint c ON c.oid = k.oid
 WHERE k.conrelid IN (SELECT relation FROM reached) OR k.confrelid IN (SELECT relation FROM reached)
 ORDER BY c.oid
