-- Gives one JSON document for each table with an OID in $1: everything that decides what a DELETE or an
-- UPDATE of its rows does. A `tree` is a stored expression. `reads` are the columns that decide whether an UPDATE must
-- write new index entries, null for an index that only sums up blocks. Of the tables that are not in $2 (nothing
-- writes to them) only columns with a name in $3 are given, and no CHECKs.
-- `replaced` are the statements in whose place a rule always does something of another kind (commandType has the numbers
-- of ev_type).
-- pg_get_partition_constraintdef has the planner work on partition keys: ask for tables only of which planted.sql
-- gives nothing.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
SELECT t.oid::bigint AS oid,
       jsonb_build_object(
         'schema', n.nspname,
         'name', t.relname,
         'kind', t.relkind,
         'partition', t.relispartition,
         'parent', (SELECT i.inhparent::bigint FROM pg_catalog.pg_inherits i
                     WHERE i.inhrelid = t.oid AND t.relispartition),
         'partition_check', CASE WHEN t.relispartition THEN pg_catalog.pg_get_partition_constraintdef(t.oid) END,
         'partition_columns', (
           SELECT jsonb_agg(a.attname)
             FROM pg_catalog.pg_partitioned_table p
             JOIN pg_catalog.pg_attribute a
               ON a.attrelid = p.partrelid
              AND (a.attnum = ANY(p.partattrs::smallint[]) OR 0 = ANY(p.partattrs::smallint[])) AND a.attnum > 0
            WHERE p.partrelid = t.oid),
         'partition_trees', (
           SELECT jsonb_agg(p.partexprs::text)
             FROM pg_catalog.pg_partition_ancestors(CASE WHEN t.relispartition THEN t.oid END) AS above(relid)
             JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = above.relid AND p.partexprs IS NOT NULL),
         'rows', t.reltuples,
         'bytes', pg_catalog.pg_relation_size(t.oid),
         'owner', pg_catalog.pg_get_userbyid(t.relowner),
         'row_security', pg_catalog.row_security_active(t.oid),
         'readable', pg_catalog.has_table_privilege(t.oid, 'SELECT')
                     AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
         'deletable', pg_catalog.has_table_privilege(t.oid, 'DELETE'),
         'owner_may', jsonb_build_object(
           'usage', pg_catalog.has_schema_privilege(t.relowner, n.oid, 'USAGE'),
           'update', pg_catalog.has_any_column_privilege(t.relowner, t.oid, 'UPDATE'),
           'delete', pg_catalog.has_table_privilege(t.relowner, t.oid, 'DELETE')),
         'rules', (SELECT jsonb_agg(CASE r.ev_type WHEN '2' THEN 'UPDATE' WHEN '4' THEN 'DELETE' END)
                     FROM pg_catalog.pg_rewrite r
                    WHERE r.ev_class = t.oid AND r.ev_type IN ('2', '4') AND r.ev_enabled IN ('O', 'A')),
         'replaced', (SELECT jsonb_agg(CASE r.ev_type WHEN '2' THEN 'UPDATE' WHEN '4' THEN 'DELETE' END)
                        FROM pg_catalog.pg_rewrite r
                       WHERE r.ev_class = t.oid AND r.ev_type IN ('2', '4') AND r.ev_enabled IN ('O', 'A')
                         AND r.is_instead AND r.ev_qual = '<>'
                         AND r.ev_action::text !~ ('\{QUERY :commandType ' || r.ev_type::text)),
         'columns', (
           SELECT jsonb_agg(jsonb_build_object(
                    'number', a.attnum,
                    'name', a.attname,
                    'type', format_type(a.atttypid, a.atttypmod),
                    'type_oid', a.atttypid::bigint,
                    'domain', y.typtype = 'd',
                    'not_null', a.attnotnull,
                    'unproven', a.attnotnull AND EXISTS (
                      SELECT FROM pg_catalog.pg_constraint nn
                       WHERE nn.conrelid = t.oid AND nn.contype = 'n' AND NOT nn.convalidated
                         AND nn.conkey = ARRAY[a.attnum]),
                    'generated', a.attgenerated,
                    'owner_selects', pg_catalog.has_table_privilege(t.relowner, t.oid, 'SELECT')
                        OR pg_catalog.has_column_privilege(t.relowner, t.oid, a.attnum, 'SELECT'),
                    'owner_updates', pg_catalog.has_table_privilege(t.relowner, t.oid, 'UPDATE')
                        OR pg_catalog.has_column_privilege(t.relowner, t.oid, a.attnum, 'UPDATE'),
                    'identity', a.attidentity,
                    'deterministic', coalesce((SELECT l.collisdeterministic FROM pg_catalog.pg_collation l
                                                WHERE l.oid = a.attcollation), true),
                    'collation', (SELECT format('%I.%I', ns.nspname, l.collname) FROM pg_catalog.pg_collation l
                                    JOIN pg_catalog.pg_namespace ns ON ns.oid = l.collnamespace
                                   WHERE l.oid = a.attcollation),
                    'default', coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                                        pg_catalog.pg_get_expr(y.typdefaultbin, 0), y.typdefault),
                    'default_tree', coalesce(d.adbin, y.typdefaultbin)::text
                  ) ORDER BY a.attnum)
             FROM pg_catalog.pg_attribute a
             JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
             LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
              AND (t.oid = ANY($2::oid[])
                   OR a.attname = ANY($3::name[]))),
         'checks', (
           SELECT jsonb_agg(jsonb_build_object(
                    'name', c.conname,
                    'expression', pg_catalog.pg_get_expr(c.conbin, c.conrelid),
                    'columns', (SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
                                 WHERE a.attrelid = t.oid AND a.attnum = ANY(c.conkey)),
                    'tree', c.conbin::text
                  ) ORDER BY c.conname COLLATE "C")
             FROM pg_catalog.pg_constraint c
            WHERE c.conrelid = t.oid AND c.contype = 'c' AND t.oid = ANY($2::oid[])
              AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)),
         'indexes', (
           SELECT jsonb_agg(jsonb_build_object(
                    'oid', x.indexrelid::bigint,
                    'name', coalesce(k.conname, r.relname),
                    'unique', x.indisunique,
                    'exclusion', x.indisexclusion,
                    'ready', x.indisready,
                    'valid', x.indisvalid,
                    'immediate', x.indimmediate,
                    'nulls_not_distinct', coalesce((to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false),
                    'predicate', pg_catalog.pg_get_expr(x.indpred, x.indrelid),
                    'tree', x.indexprs::text,
                    'predicate_tree', x.indpred::text,
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
                               'expression', pg_catalog.pg_get_indexdef(x.indexrelid, u.i::integer, true),
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
                       WHERE u.i <= x.indnkeyatts)
                  ) ORDER BY x.indexrelid)
             FROM pg_catalog.pg_index x
             JOIN pg_catalog.pg_class r ON r.oid = x.indexrelid
             LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = x.indexrelid AND k.conrelid = t.oid
                                                 AND k.contype IN ('p', 'u', 'x')
            WHERE x.indrelid = t.oid),
         'triggers', (
           SELECT jsonb_agg(jsonb_build_object(
                    'name', g.tgname,
                    'function', p.proname,
                    'referential', p.oid < 16384 AND p.proname LIKE 'RI\_FKey\_%',
                    'recheck', p.oid < 16384 AND p.proname = 'unique_key_recheck',
                    'type', g.tgtype,
                    'constraint', g.tgconstraint::bigint,
                    'index', g.tgconstrindid::bigint,
                    'clone', g.tgparentid <> 0,
                    'deferred', g.tgdeferrable AND g.tginitdeferred,
                    'definition', CASE WHEN g.tgqual IS NOT NULL THEN pg_catalog.pg_get_triggerdef(g.oid) END,
                    'tree', g.tgqual::text,
                    'columns', (SELECT jsonb_agg(a.attname) FROM pg_catalog.pg_attribute a
                                 WHERE a.attrelid = t.oid AND a.attnum = ANY(g.tgattr::smallint[]))
                  ) ORDER BY g.tgname COLLATE "C")
             FROM pg_catalog.pg_trigger g
             JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
            WHERE g.tgrelid = t.oid AND g.tgenabled IN ('O', 'A'))
       ) AS facts
  FROM pg_catalog.pg_class t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
 WHERE t.oid = ANY($1::oid[])
