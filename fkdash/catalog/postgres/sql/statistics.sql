-- How many values the columns of tables with the OIDs $1 have by the statistics: `distinct` as pg_stats has it, below
-- zero a fraction of the rows. Only what the role may read is there; `inherited` is of a table with all below it.
-- PostgreSQL 14 to 18. No privileges needed.
select c.oid::int8 as table_oid, a.attnum as number, s.n_distinct as "distinct"
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.inherited = (c.relkind = 'p')
  join pg_attribute a on a.attrelid = c.oid and a.attname = s.attname
 where c.oid = any ($1::oid[])
