-- The spelling of types: $1 their OIDs, $2 their modifiers (-1 for none), pairwise; NULL asks for those of every column
-- of a table or view that is not PostgreSQL's own.
-- PostgreSQL 14 to 18. No privileges needed.
select w.oid::int8 as oid, w.modifier, format_type(w.oid, w.modifier) as spelling, t.typcollation::int8 as collation_oid
  from (
    select u.oid, u.modifier
      from unnest($1::oid[], $2::int4[]) as u (oid, modifier)
    union
    select a.atttypid, a.atttypmod
      from pg_attribute a
     where $1::oid[] is null and a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped
  ) w
  join pg_type t on t.oid = w.oid
