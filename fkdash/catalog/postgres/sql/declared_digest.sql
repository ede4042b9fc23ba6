-- Returns one row: a digest of every foreign key's definition and of the nullability of its columns, by which a
-- later reading is compared with this one without reading the catalog anew; NULL where there is no foreign key.
-- Versions 14-18 (conenforced exists from 18 on); no privileges.
SELECT pg_catalog.md5(pg_catalog.string_agg(
    pg_catalog.concat_ws(
        ' ', c.oid, c.conname, c.conrelid, c.confrelid, c.conkey, c.confkey, c.confdeltype, c.confupdtype,
        c.convalidated, c.condeferrable, c.condeferred,
        pg_catalog.to_jsonb(c) OPERATOR(pg_catalog.->>) 'conenforced', columns.nullability
    ),
    ',' ORDER BY c.oid
))
FROM pg_catalog.pg_constraint AS c
LEFT JOIN LATERAL (
    SELECT pg_catalog.string_agg(a.attnotnull::pg_catalog.text, '' ORDER BY a.attnum) AS nullability
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)
) AS columns ON true
WHERE c.contype OPERATOR(pg_catalog.=) 'f' AND c.conparentid OPERATOR(pg_catalog.=) 0;
