-- What a role lacks on tables, one row for each table: with which schema and owner, and which rights are missing.
-- $1 the role's name, whether there is such a role or not (what PUBLIC may, it will have); $2 the tables (OIDs).
-- `may`: the role has the owner's rights by itself; `become`: SET ROLE to the owner is allowed.
-- PostgreSQL 14 to 18. No privileges needed.
with asked as (
  select r.oid, coalesce(r.rolname, 'public') as name, coalesce(r.rolsuper, false) as superuser,
         coalesce(r.rolsuper or r.rolbypassrls, false) as bypasses
    from (select) one left join pg_roles r on r.rolname = $1
)
select n.nspname                                                      as schema,
       c.relname                                                      as name,
       o.rolname                                                      as owner,
       not has_schema_privilege(a.name, n.oid, 'USAGE')               as no_usage,
       not has_schema_privilege(a.name, n.oid, 'CREATE')              as no_create,
       not has_table_privilege(a.name, c.oid, 'SELECT')               as no_select,
       not has_table_privilege(a.name, c.oid, 'REFERENCES')           as no_references,
       coalesce(pg_has_role(a.oid, o.oid, 'USAGE'), false)            as may,
       coalesce(pg_has_role(a.oid, o.oid, case when current_setting('server_version_num')::int >= 160000
                                               then 'SET' else 'MEMBER' end), false) as become,
       o.rolsuper                                                     as owner_is_superuser,
       has_schema_privilege(o.oid, n.oid, 'USAGE')                    as owner_usage,
       has_schema_privilege(o.oid, n.oid, 'CREATE')                   as owner_creates,
       c.relrowsecurity and not a.bypasses
         and not coalesce(pg_has_role(a.oid, o.oid, 'USAGE') and not c.relforcerowsecurity, false) as hidden_rows
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_roles o on o.oid = c.relowner
 cross join asked a
 where c.oid = any ($2::oid[])
 order by n.nspname, c.relname
