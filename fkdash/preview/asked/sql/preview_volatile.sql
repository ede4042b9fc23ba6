-- Gives, of the function names in $1, those that some volatile function (or one that sleeps, locks or signals) has.
-- PostgreSQL 14 to 18; needs no privilege beyond reading pg_catalog.
SELECT DISTINCT p.proname::text AS name
  FROM pg_catalog.pg_proc p
 WHERE p.proname = ANY($1::text[]) AND p.provolatile = 'v'
 ORDER BY 1
