-- The databases that the current role may connect to, templates left out.
-- PostgreSQL 14 to 18. No privileges needed.
select datname as name
  from pg_database
 where datallowconn
   and not datistemplate
   and has_database_privilege(oid, 'CONNECT')
 order by datname
