-- The roles whose functions looking may run: superusers, the session's own and those in fkdash.trusted_owners; for a
-- session without any right that others lack also the database's owner and the roles that it is a member of.
-- Other queries have it as a part of theirs, in the place of {trusted_roles}.
-- PostgreSQL 14 to 18. No privileges needed.
select r.oid
  from pg_roles r,
       (select exists (
          select from pg_roles s
           where pg_has_role(session_user, s.oid, 'MEMBER')
             and (s.rolsuper or s.rolcreaterole or s.rolcreatedb or s.rolreplication or s.rolbypassrls
                  or s.oid < 16384 and s.rolname like 'pg\_%' and s.rolname <> 'pg_database_owner')
        ) as yes) powerful
 where r.rolsuper
    or r.rolname = session_user
    or r.rolname = any (coalesce(nullif(current_setting('fkdash.trusted_owners', true), ''), '{}')::text[])
    or not powerful.yes and (pg_has_role(session_user, r.oid, 'MEMBER')
                             or r.oid = (select datdba from pg_database where datname = current_database()))
