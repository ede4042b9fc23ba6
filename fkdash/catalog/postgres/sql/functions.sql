-- Of the functions with the OIDs $1, those behind the operators with the OIDs $2, and those that make the common form
-- of ranges in the types with the OIDs $3: what decides whether their code may be run by looking, and whose it is.
-- `operators` are those of $2 that stand for the function, `ranges` those of $3 that hold such a range.
-- `trusted`: its owner is one of trusted_roles.sql, which stands in this query as a part.
-- `plain`: built in and about numbers, texts, times and truth values only, so that it reads nothing else.
-- `inlined`: the planner may replace a call by the function's body (manual, "Function Optimization Information").
-- `source`, `body` and `defaults` (the latter two as stored expressions) are given where it is not trusted, and the
-- `types` of users that it takes and gives; `polymorphic`: a call may bring other types. A `source` of more than a million characters is left out.
-- PostgreSQL 14 to 18. No privileges needed.
with recursive behind as (
  select oprcode::oid as oid, array_agg(oid) as operators from pg_operator where oid = any ($2::oid[]) group by oprcode
), made (type, part) as (
  select t, t from unnest($3::oid[]) as u (t)
  union
  select m.type, u.part
    from made m
    join pg_type t on t.oid = m.part
   cross join lateral (
     select t.typbasetype
     union all select t.typelem
     union all select r.rngsubtype from pg_range r where t.oid in (r.rngtypid, r.rngmultitypid)
     union all select a.atttypid from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0
   ) as u (part)
   where u.part >= 16384
), common as (
  select r.rngcanonical::oid as oid, array_agg(distinct m.type) as ranges
    from made m
    join pg_range r on m.part in (r.rngtypid, r.rngmultitypid)
   where r.rngcanonical::oid >= 16384
   group by r.rngcanonical
), trusted as (
{trusted_roles}
), called as (
  select p.*, f.operators, c.ranges, p.proowner in (select oid from trusted) as trusted
    from pg_proc p
    left join behind f on f.oid = p.oid
    left join common c on c.oid = p.oid
   where p.oid = any ($1::oid[]) or f.oid is not null or c.oid is not null
)
select p.oid::int8 as oid, p.oid::regprocedure::text as name, pg_get_userbyid(p.proowner) as owner, p.trusted,
       p.provolatile::text as volatility, p.proacl is not null as restricted, coalesce(p.operators::int8[], '{}') as operators,
       coalesce(p.ranges::int8[], '{}') as ranges,
       p.oid < 16384 and l.lanname = 'internal'
         and (p.proargtypes::oid[] || p.prorettype)
             <@ array[16, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1083, 1114, 1184, 1186, 1266, 1700]::oid[] as plain,
       l.lanname = 'sql' and not p.prosecdef and p.proconfig is null as inlined,
       case when not p.trusted then array(select distinct t::int8 from unnest(p.proargtypes::oid[] || p.prorettype) as u (t)
                                           where t >= 16384) end as types,
       exists (select from pg_type y where y.oid = any (p.proargtypes::oid[] || p.prorettype) and y.typtype = 'p') as polymorphic,
       case when not p.trusted and octet_length(p.prosrc) <= 1000000 then p.prosrc end as source,
       case when p.trusted then null when octet_length(p.prosqlbody::text) > 4000000 then '{TOOLONG}'
            else p.prosqlbody::text end as body,
       case when p.trusted then null when octet_length(p.proargdefaults::text) > 4000000 then '{TOOLONG}'
            else p.proargdefaults::text end as defaults
  from called p
  join pg_language l on l.oid = p.prolang
