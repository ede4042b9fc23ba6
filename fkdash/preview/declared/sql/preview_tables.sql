-- Gives one JSON document for each table with an OID in $1: what carrying out a DELETE or an UPDATE of its rows takes
-- beyond what a catalog has of it. A `tree` is a stored expression, {TOOLONG} one of millions of characters. `reads`
-- are the columns that decide whether an UPDATE must write new index entries, null for an index that only sums up
-- blocks. Of the tables that are not in $2 (nothing writes to them) only the columns are given that have the name of
-- one in a foreign key with an OID in $3, and no CHECKs: a foreign key may be about one partition, and its rows read
-- from the whole table.
-- pg_get_partition_constraintdef has the planner work on partition keys: ask for tables only of which planted.sql
-- gives nothing.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
WITH named AS MATERIALIZED (
    SELECT a.attname AS name
      FROM pg_catalog.pg_constraint c
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
     WHERE c.oid = ANY($3::oid[])
    UNION
    SELECT a.attname
      FROM pg_catalog.pg_constraint c
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = ANY(c.confkey)
     WHERE c.oid = ANY($3::oid[])
)
SELECT t.oid::bigint AS oid,
       jsonb_build_object(
         'partition_check', CASE WHEN t.relispartition THEN CASE
            WHEN (SELECT sum(octet_length(b.relpartbound::text) + coalesce(octet_length(p.partexprs::text), 0))
                    FROM pg_catalog.pg_partition_ancestors(CASE WHEN t.relispartition THEN t.oid END) AS above(relid)
                    JOIN pg_catalog.pg_inherits i ON i.inhrelid = above.relid
                    JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = i.inhparent
                    JOIN pg_catalog.pg_inherits beside ON beside.inhparent = i.inhparent
                     AND (beside.inhrelid = i.inhrelid OR p.partdefid = i.inhrelid)
                    JOIN pg_catalog.pg_class b ON b.oid = beside.inhrelid) > 4000000
            THEN '<more than 4,000,000 characters>'
            ELSE pg_catalog.pg_get_partition_constraintdef(t.oid) END END,
         'partition_columns', (
           SELECT jsonb_agg(a.attname)
             FROM pg_catalog.pg_partitioned_table p
             JOIN pg_catalog.pg_attribute a
               ON a.attrelid = p.partrelid
              AND (a.attnum = ANY(p.partattrs::smallint[]) OR 0 = ANY(p.partattrs::smallint[])) AND a.attnum > 0
            WHERE p.partrelid = t.oid),
         'partition_trees', (
           SELECT jsonb_agg(CASE WHEN octet_length(p.partexprs::text) > 4000000 THEN '{TOOLONG}' ELSE p.partexprs::text END)
             FROM pg_catalog.pg_partition_ancestors(CASE WHEN t.relispartition THEN t.oid END) AS above(relid)
             JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = above.relid AND p.partexprs IS NOT NULL),
         'on_disk', pg_catalog.pg_relation_size(t.oid),
         'hides_rows', pg_catalog.row_security_active(t.oid),
         'readable', pg_catalog.has_table_privilege(t.oid, 'SELECT')
                     AND pg_catalog.has_schema_privilege(t.relnamespace, 'USAGE'),
         'deletable', pg_catalog.has_table_privilege(t.oid, 'DELETE'),
         'columns', (
           SELECT jsonb_object_agg(a.attnum, jsonb_build_object(
                    'type_oid', a.atttypid::bigint,
                    'unproven', a.attnotnull AND EXISTS (
                      SELECT FROM pg_catalog.pg_constraint nn
                       WHERE nn.conrelid = t.oid AND nn.contype = 'n' AND NOT nn.convalidated
                         AND nn.conkey = ARRAY[a.attnum]),
                    'stored', a.attgenerated = 's',
                    'owner_selects', pg_catalog.has_table_privilege(t.relowner, t.oid, 'SELECT')
                        OR pg_catalog.has_column_privilege(t.relowner, t.oid, a.attnum, 'SELECT'),
                    'owner_updates', pg_catalog.has_table_privilege(t.relowner, t.oid, 'UPDATE')
                        OR pg_catalog.has_column_privilege(t.relowner, t.oid, a.attnum, 'UPDATE'),
                    'deterministic', coalesce((SELECT l.collisdeterministic FROM pg_catalog.pg_collation l
                                                WHERE l.oid = a.attcollation), true),
                    'ordering', (SELECT format('%I.%I', ns.nspname, l.collname) FROM pg_catalog.pg_collation l
                                   JOIN pg_catalog.pg_namespace ns ON ns.oid = l.collnamespace
                                  WHERE l.oid = a.attcollation),
                    'default_tree', CASE WHEN octet_length(coalesce(d.adbin, y.typdefaultbin)::text) > 4000000
                                         THEN '{TOOLONG}' ELSE coalesce(d.adbin, y.typdefaultbin)::text END))
             FROM pg_catalog.pg_attribute a
             JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
             LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
              AND (t.oid = ANY($2::oid[]) OR a.attname IN (SELECT name FROM named))),
         'checks', (
           SELECT jsonb_object_agg(c.conname, CASE WHEN octet_length(c.conbin::text) > 4000000 THEN '{TOOLONG}' ELSE c.conbin::text END)
             FROM pg_catalog.pg_constraint c
            WHERE c.conrelid = t.oid AND c.contype = 'c' AND t.oid = ANY($2::oid[])),
         'indexes', (
           SELECT jsonb_object_agg(x.indexrelid::bigint, jsonb_build_object(
                    'ready', x.indisready,
                    'immediate', x.indimmediate,
                    'tree', CASE WHEN octet_length(x.indexprs::text) > 4000000 THEN '{TOOLONG}' ELSE x.indexprs::text END,
                    'predicate_tree', CASE WHEN octet_length(x.indpred::text) > 4000000 THEN '{TOOLONG}' ELSE x.indpred::text END,
                    'reads', CASE WHEN r.relam <> 3580 THEN (
                      SELECT jsonb_agg(DISTINCT a.attname)
                        FROM pg_catalog.pg_attribute a
                       WHERE a.attrelid = t.oid AND a.attnum > 0
                         AND (a.attnum = ANY(x.indkey::smallint[])
                              OR a.attnum IN (SELECT d.refobjsubid FROM pg_catalog.pg_depend d
                                               WHERE d.classid = 'pg_catalog.pg_class'::regclass
                                                 AND d.objid = x.indexrelid AND d.refobjid = t.oid))) END,
                    'keys', (
                      SELECT jsonb_agg(jsonb_build_object(
                               'column', ta.attname,
                               'expression', CASE WHEN u.n > 0 OR octet_length(x.indexprs::text) <= 4000000
                                                  THEN pg_catalog.pg_get_indexdef(x.indexrelid, u.i::integer, true) ELSE '' END,
                               'type', format_type(coalesce(ta.atttypid, ia.atttypid), coalesce(ta.atttypmod, ia.atttypmod)),
                               'type_oid', coalesce(ta.atttypid, ia.atttypid)::bigint,
                               'deterministic', coalesce((SELECT l.collisdeterministic
                                                            FROM pg_catalog.pg_collation l
                                                           WHERE l.oid = x.indcollation[u.i - 1]), true),
                               'collation', (SELECT format('%I.%I', ns.nspname, l.collname)
                                               FROM pg_catalog.pg_collation l
                                               JOIN pg_catalog.pg_namespace ns ON ns.oid = l.collnamespace
                                              WHERE l.oid = x.indcollation[u.i - 1]),
                               'operator', coalesce(
                                  CASE WHEN x.indisexclusion THEN k.conexclop[u.i]::bigint END,
                                  (SELECT ao.amopopr::bigint FROM pg_catalog.pg_opclass oc
                                     JOIN pg_catalog.pg_amop ao ON ao.amopfamily = oc.opcfamily
                                      AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype
                                      AND ao.amopstrategy = 3
                                    WHERE oc.oid = x.indclass[u.i - 1] AND x.indisunique))
                             ) ORDER BY u.i)
                        FROM unnest(x.indkey::smallint[]) WITH ORDINALITY AS u(n, i)
                        JOIN pg_catalog.pg_attribute ia ON ia.attrelid = x.indexrelid AND ia.attnum = u.i
                        LEFT JOIN pg_catalog.pg_attribute ta ON ta.attrelid = t.oid AND ta.attnum = u.n AND u.n > 0
                       WHERE u.i <= x.indnkeyatts)))
             FROM pg_catalog.pg_index x
             JOIN pg_catalog.pg_class r ON r.oid = x.indexrelid
             LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = x.indexrelid AND k.conrelid = t.oid
                                                 AND k.contype IN ('p', 'u', 'x')
            WHERE x.indrelid = t.oid),
         'triggers', (
           SELECT jsonb_object_agg(g.tgname, jsonb_build_object(
                    'index', g.tgconstrindid::bigint,
                    'clone', g.tgparentid <> 0,
                    'deferred', g.tgdeferrable AND g.tginitdeferred,
                    'definition', CASE WHEN octet_length(g.tgqual::text) <= 4000000 THEN pg_catalog.pg_get_triggerdef(g.oid) END,
                    'tree', CASE WHEN octet_length(g.tgqual::text) > 4000000 THEN '{TOOLONG}' ELSE g.tgqual::text END))
             FROM pg_catalog.pg_trigger g
            WHERE g.tgrelid = t.oid)
       ) AS facts
  FROM pg_catalog.pg_class t
 WHERE t.oid = ANY($1::oid[])
