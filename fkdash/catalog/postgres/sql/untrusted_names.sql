-- Of the words $1 (names and operators), those that some function, operator or (of those in $2) type answers to that
-- no superuser owns; enum types do not count, whose values run nothing, nor do rows of built-in types. '::' is among the answers where a cast is carried out by such a function.
-- PostgreSQL 14 to 18. No privileges needed.
with others as materialized (
  select p.oid, p.proname from pg_proc p join pg_roles r on r.oid = p.proowner
   where not r.rolsuper
)
select o.proname::text as word from others o where o.proname = any ($1::name[])
union
select o.oprname from pg_operator o where o.oprname = any ($1::name[]) and o.oprcode in (select oid from others)
union
select t.typname from pg_type t join pg_roles r on r.oid = t.typowner
 where t.typname = any ($2::name[]) and not r.rolsuper and t.typtype <> 'e'
   and (t.typtype <> 'c' or exists (select from pg_attribute a where a.attrelid = t.typrelid and a.atttypid >= 16384))
union
select '::' from pg_cast c where c.castfunc in (select oid from others)
