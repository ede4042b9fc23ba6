-- The spelling of types: $1 their OIDs, $2 their modifiers (-1 for none), pairwise.
-- PostgreSQL 14 to 18. No privileges needed.
select w.oid::int8 as oid, w.modifier, format_type(w.oid, w.modifier) as spelling, t.typcollation::int8 as collation_oid
  from unnest($1::oid[], $2::int4[]) as w (oid, modifier)
  join pg_type t on t.oid = w.oid
