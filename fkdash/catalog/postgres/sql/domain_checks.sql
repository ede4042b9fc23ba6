-- The checks behind the types with the OIDs $1, as stored expressions: of domains, and of those that domains, arrays,
-- ranges and composite types are made of. A type comes once for each check.
-- PostgreSQL 14 to 18. No privileges needed.
with recursive made (type, part) as (
  select oid, oid from unnest($1::oid[]) as asked (oid)
  union
  select m.type, u.part
    from made m
    join pg_type t on t.oid = m.part
   cross join lateral (
     select t.typbasetype where t.typtype = 'd'
     union all select t.typelem where t.typelem <> 0
     union all select r.rngsubtype from pg_range r where r.rngtypid = t.oid or r.rngmultitypid = t.oid
     union all select a.atttypid from pg_attribute a
                where a.attrelid = t.typrelid and t.typrelid <> 0 and a.attnum > 0 and not a.attisdropped
   ) as u (part)
)
select m.type::int8 as type,
       case when octet_length(k.conbin::text) > 4000000 then '{TOOLONG}' else k.conbin::text end as tree
  from made m
  join pg_constraint k on k.contypid = m.part and k.contype = 'c'
