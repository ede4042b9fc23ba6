-- The names of the foreign keys and of the tables they connect, as completion offers them, a bounded number.
-- PostgreSQL 14 to 18. No privileges needed.
select c.conname as "constraint", n.nspname as schema, r.relname as "table", fn.nspname as referenced_schema,
       fr.relname as referenced_table
  from pg_constraint c
  join pg_class r on r.oid = c.conrelid
  join pg_namespace n on n.oid = r.relnamespace
  join pg_class fr on fr.oid = c.confrelid
  join pg_namespace fn on fn.oid = fr.relnamespace
 where c.contype = 'f'
   and c.conparentid = 0
 order by 2, 3, 1
 limit 20000
