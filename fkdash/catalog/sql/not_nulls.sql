-- NOT NULL constraints by name, which exist from PostgreSQL 18 on (contype n).
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18. No privileges needed.
select conrelid as table_oid, conkey[1]::int as number, conname as name, coninhcount > 0 as inherited
  from pg_constraint
 where contype = 'n'
   and conrelid <> 0
   and ($1::oid[] is null or conrelid = any ($1))
