-- Who owns the table $1 (OID), whether that is a superuser, whom this session runs as, and whether it is, or can
-- become, a superuser: one row, none where the table is gone. `session_user` decides: current_user may be set by a
-- database's owner (ALTER DATABASE ... SET role).
-- PostgreSQL 14 to 18. No privileges needed. Every name carries its schema: it runs under the application's path.
select o.rolname                                                       as owner,
       o.rolsuper                                                      as owner_is_superuser,
       current_user                                                    as role,
       exists (select from pg_catalog.pg_roles r
                where r.rolsuper
                  and (r.rolname operator(pg_catalog.=) session_user
                       or pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')))  as superuser
  from pg_catalog.pg_class c
  join pg_catalog.pg_roles o on o.oid operator(pg_catalog.=) c.relowner
 where c.oid operator(pg_catalog.=) $1::pg_catalog.oid
