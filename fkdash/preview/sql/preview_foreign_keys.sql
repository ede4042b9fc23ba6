-- Gives every foreign key (partition clones included) that a DELETE from the table with OID $1 can reach:
-- those that point at a reached table or stand on one, with names of columns and the equality operators.
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
), wanted AS (
    SELECT c.*, to_jsonb(c) AS everything
      FROM keys k JOIN pg_catalog.pg_constraint c ON c.oid = k.oid
     WHERE k.conrelid IN (SELECT relation FROM reached) OR k.confrelid IN (SELECT relation FROM reached)
)
SELECT w.oid::bigint AS oid,
       w.conname::text AS name,
       w.conrelid::bigint AS relation,
       w.confrelid::bigint AS referenced,
       w.conparentid::bigint AS parent,
       w.confdeltype::text AS on_delete,
       w.confupdtype::text AS on_update,
       w.confmatchtype::text AS match,
       coalesce((w.everything ->> 'conperiod')::boolean, false) AS period,
       ARRAY(SELECT a.attname::text FROM unnest(w.conkey) WITH ORDINALITY AS u(n, i)
               JOIN pg_catalog.pg_attribute a ON a.attrelid = w.conrelid AND a.attnum = u.n ORDER BY u.i) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(w.confkey) WITH ORDINALITY AS u(n, i)
               JOIN pg_catalog.pg_attribute a ON a.attrelid = w.confrelid AND a.attnum = u.n ORDER BY u.i)
           AS referenced_columns,
       ARRAY(SELECT a.attname::text
               FROM jsonb_array_elements_text(
                        CASE jsonb_typeof(w.everything -> 'confdelsetcols')
                            WHEN 'array' THEN w.everything -> 'confdelsetcols' ELSE '[]'::jsonb END
                    ) WITH ORDINALITY AS u(n, i)
               JOIN pg_catalog.pg_attribute a ON a.attrelid = w.conrelid AND a.attnum = u.n::smallint
              ORDER BY u.i) AS delete_columns,
       w.conpfeqop::bigint[] AS pf_operators,
       w.conppeqop::bigint[] AS pp_operators,
       w.conffeqop::bigint[] AS ff_operators
  FROM wanted w
 ORDER BY w.oid
