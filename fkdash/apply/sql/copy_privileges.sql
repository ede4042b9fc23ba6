-- What stands in the way of keeping a copy of the journal in the table $2 of the schema $1, one row.
-- `table_there` and, where it is: `readable`, `writable`, and whether everybody may write it (`public_writes`).
-- PostgreSQL 14 to 18. No privileges needed.
select n.oid is not null                                                      as schema_there,
       coalesce(has_schema_privilege(n.oid, 'USAGE'), false)                  as may_use,
       coalesce(has_schema_privilege(n.oid, 'CREATE'), false)                 as may_create,
       c.oid is not null                                                      as table_there,
       coalesce(has_table_privilege(c.oid, 'SELECT'), false)                  as readable,
       coalesce(has_table_privilege(c.oid, 'INSERT'), false)                  as writable,
       coalesce(has_table_privilege('public', c.oid, 'INSERT')
                or has_table_privilege('public', c.oid, 'UPDATE'), false)      as public_writes
  from (select 1) here
  left join pg_namespace n on n.nspname = $1::text
  left join pg_class c on c.relnamespace = n.oid and c.relname = $2::text and c.relkind = 'r'
