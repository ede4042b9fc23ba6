-- What stands in the way of keeping a copy of the journal in the table $2 of the schema $1, one row.
-- `table_there` and, where it is: `readable`, `writable`, whether everybody may write it (`public_writes`), and its
-- owner, `trusted` where that is this role, a superuser or the database's owner: what its triggers do, we would do.
-- PostgreSQL 14 to 18. No privileges needed.
select n.oid is not null                                                      as schema_there,
       coalesce(has_schema_privilege(n.oid, 'USAGE'), false)                  as may_use,
       coalesce(has_schema_privilege(n.oid, 'CREATE'), false)                 as may_create,
       c.oid is not null                                                      as table_there,
       coalesce(has_table_privilege(c.oid, 'SELECT'), false)                  as readable,
       coalesce(has_table_privilege(c.oid, 'INSERT'), false)                  as writable,
       coalesce(has_table_privilege('public', c.oid, 'INSERT')
                or has_table_privilege('public', c.oid, 'UPDATE'), false)      as public_writes,
       pg_get_userbyid(c.relowner)::text                                      as owner,
       coalesce(pg_get_userbyid(c.relowner) = current_user
                or (select r.rolsuper from pg_roles r where r.oid = c.relowner)
                or c.relowner = (select d.datdba from pg_database d where d.datname = current_database()), false) as trusted
  from (select 1) here
  left join pg_namespace n on n.nspname = $1::text
  left join pg_class c on c.relnamespace = n.oid and c.relname = $2::text and c.relkind = 'r'
