-- Gives, for the operators with the OIDs in $1, how a statement must spell them and what they take.
-- `function` is the one behind it, where not everybody may execute that.
-- `left` and `right` are null for a polymorphic operand, to which nothing can be cast.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
SELECT o.oid::bigint AS oid,
       format('OPERATOR(%I.%s)', n.nspname, o.oprname) AS spelling,
       CASE WHEN l.typtype <> 'p' THEN format('%I.%I', ln.nspname, l.typname) END AS left_type,
       CASE WHEN r.typtype <> 'p' THEN format('%I.%I', rn.nspname, r.typname) END AS right_type,
       (SELECT f.oid::bigint FROM pg_catalog.pg_proc f WHERE f.oid = o.oprcode AND f.proacl IS NOT NULL) AS function
  FROM pg_catalog.pg_operator o
  JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
  JOIN pg_catalog.pg_type l ON l.oid = o.oprleft
  JOIN pg_catalog.pg_namespace ln ON ln.oid = l.typnamespace
  JOIN pg_catalog.pg_type r ON r.oid = o.oprright
  JOIN pg_catalog.pg_namespace rn ON rn.oid = r.typnamespace
 WHERE o.oid = ANY($1::oid[])
