-- Who else has the table $1 (its name in quotes) in hand, in which rows are to be kept: its owner, whose triggers would
-- run, or the owner of the schema $2, who could put another table in its place; one row at most. The role $3 (NULL: this
-- one) and the owner of the table $4 (OID) are nobody else, nor is a superuser who has the schema: an administrator made
-- it for an earlier run. Where there is no such table, nobody has it. Every name says pg_catalog: it is asked where the
-- application's search_path holds.
-- PostgreSQL 14 to 18. No privileges needed.
select s.what, pg_catalog.pg_get_userbyid(s.owner) as owner
  from (select 'table', c.relowner
          from pg_catalog.pg_class c
         where c.oid operator(pg_catalog.=) pg_catalog.to_regclass($1::pg_catalog.text)
        union all
        select 'schema', n.nspowner
          from pg_catalog.pg_namespace n
         where n.nspname operator(pg_catalog.=) $2::pg_catalog.text) as s (what, owner)
 where not exists (select
                     from pg_catalog.pg_roles r
                    where r.oid operator(pg_catalog.=) s.owner
                      and (r.rolname operator(pg_catalog.=) coalesce($3::pg_catalog.text, current_user)
                           or s.what operator(pg_catalog.=) 'schema'::pg_catalog.text and r.rolsuper))
   and not exists (select
                     from pg_catalog.pg_class o
                    where o.oid operator(pg_catalog.=) $4::pg_catalog.oid
                      and o.relowner operator(pg_catalog.=) s.owner)
 order by s.what desc
 limit 1
