-- The first event trigger that would run another role's code as a superuser at a statement of a plan or of a
-- rehearsal: its name, its function, that one's owner, and this session's role. No row where there is none, or
-- where the session is no superuser and cannot become one. $1 are the roles whose code the operator accepts. A
-- SECURITY DEFINER function has no rights but its owner's.
-- PostgreSQL 14 to 18. No privileges needed. Every name carries its schema: it runs under the application's path.
select e.evtname as name, pg_catalog.format('%I.%I', n.nspname, p.proname) as function, o.rolname as owner,
       session_user as role
  from pg_catalog.pg_event_trigger e
  join pg_catalog.pg_proc p on p.oid operator(pg_catalog.=) e.evtfoid
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) p.pronamespace
  join pg_catalog.pg_roles o on o.oid operator(pg_catalog.=) p.proowner
 where e.evtenabled operator(pg_catalog.=) any (array['O', 'A']::pg_catalog."char"[])
   and e.evtevent operator(pg_catalog.=) any (array['ddl_command_start', 'ddl_command_end', 'sql_drop']::pg_catalog.name[])
   and (e.evttags is null or e.evttags operator(pg_catalog.&&) array[
          'ALTER FUNCTION', 'ALTER INDEX', 'ALTER SCHEMA', 'ALTER TABLE', 'COMMENT', 'CREATE FUNCTION', 'CREATE INDEX',
          'CREATE SCHEMA', 'CREATE TABLE', 'CREATE TABLE AS', 'CREATE TRIGGER', 'DROP INDEX', 'DROP TABLE',
          'DROP TRIGGER', 'GRANT', 'REVOKE']::pg_catalog.text[])
   and not o.rolsuper and not p.prosecdef
   and o.rolname operator(pg_catalog.<>) session_user
   and o.rolname operator(pg_catalog.<>) all ($1::pg_catalog.text[]::pg_catalog.name[])
   and exists (select from pg_catalog.pg_roles r
                where r.rolsuper
                  and (r.rolname operator(pg_catalog.=) session_user
                       or pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')))
 order by e.evtname
 limit 1
