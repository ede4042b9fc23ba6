-- Who else may read or write the table $1 (its name in quotes) in the schema $2, or will by default privileges once the
-- role $3 (NULL: this one) makes it: a name a row, '' for everybody. Superusers and the owner of the table $4 (OID), whose
-- rows are to be kept there, are nobody else.
-- PostgreSQL 14 to 18. No privileges needed.
with made as (
  select oid, relowner, relacl from pg_class where oid = to_regclass($1::text)
), rights (owner, acl) as (
  select relowner, relacl from made
  union all
  select d.defaclrole, d.defaclacl
    from pg_default_acl d
   where not exists (select from made) and d.defaclobjtype = 'r'
     and d.defaclrole = (select oid from pg_roles where rolname = coalesce($3::text, current_user))
     and (d.defaclnamespace = 0 or d.defaclnamespace = (select oid from pg_namespace where nspname = $2::text))
)
select distinct coalesce(r.rolname, '')::text as name
  from rights
 cross join aclexplode(rights.acl) as x
  left join pg_roles r on r.oid = x.grantee
 where x.privilege_type in ('SELECT', 'INSERT', 'UPDATE') and x.grantee <> rights.owner and r.rolsuper is not true
   and x.grantee is distinct from (select relowner from pg_class where oid = $4::oid)
 order by 1
