-- Whether there is a role of the name $1, whether it is a superuser, and what it lacks on this database: one row.
-- PostgreSQL 14 to 18. No privileges needed.
select r.oid is not null                                                             as exists,
       coalesce(r.rolsuper, false)                                                   as superuser,
       coalesce(r.rolcanlogin, false)                                                as may_log_in,
       not has_database_privilege(coalesce(r.rolname, 'public'), current_database(), 'CONNECT')   as no_connect,
       not has_database_privilege(coalesce(r.rolname, 'public'), current_database(), 'TEMPORARY') as no_temporary,
       current_database()                                                            as database,
       current_user                                                                  as session_role
  from (select) one left join pg_roles r on r.rolname = $1
