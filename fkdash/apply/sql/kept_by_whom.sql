-- Who else has the table $1 (its name in quotes) in hand, in which rows are to be kept: its owner, whose triggers would
-- run, or the owner of the schema $2, who could put another table in its place; one row at most. The role $3 (NULL: this
-- one) and the owner of the table $4 (OID) are nobody else, nor is a superuser who has the schema: an administrator made
-- it for an earlier run. Where there is no such table, nobody has it.
-- PostgreSQL 14 to 18. No privileges needed.
select s.what, pg_get_userbyid(s.owner) as owner
  from (select 'table', relowner from pg_class where oid = to_regclass($1::text)
        union all
        select 'schema', nspowner from pg_namespace where nspname = $2::text) as s (what, owner)
 where s.owner is distinct from (select oid from pg_roles where rolname = coalesce($3::text, current_user))
   and s.owner is distinct from (select relowner from pg_class where oid = $4::oid)
   and not (s.what = 'schema' and exists (select from pg_roles where oid = s.owner and rolsuper))
 order by s.what desc
 limit 1
