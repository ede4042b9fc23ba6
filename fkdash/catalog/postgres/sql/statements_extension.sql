-- The schema that pg_stat_statements is in, no row without the extension or where its function is another role's.
-- PostgreSQL 14 to 18. No privileges needed.
select n.nspname
  from pg_extension e
  join pg_namespace n on n.oid = e.extnamespace
 where e.extname = 'pg_stat_statements'
   and exists (select from pg_proc p
                 join pg_roles r on r.oid = p.proowner and r.rolsuper
                 join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
                where d.refobjid = e.oid and p.proname = 'pg_stat_statements' and p.pronamespace = n.oid)
