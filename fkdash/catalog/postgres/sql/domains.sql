-- Every domain with its NOT NULL, default and checks; `base` is the domain it is built on, if any, and `type` the
-- spelling of what it is built on. An expression that is stored as millions of characters is not spelled out.
-- PostgreSQL 14 to 18. No privileges needed.
select t.oid::int8 as oid, n.nspname as schema, t.typname as name, t.typnotnull as not_null,
       case when octet_length(coalesce(t.typdefaultbin::text, t.typdefault)) > 4000000 then '<more than 4,000,000 characters>'
            else coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault) end as default_expression,
       case when b.typtype = 'd' then b.oid::int8 end as base, format_type(t.typbasetype, t.typtypmod) as type,
       coalesce(k.names, '{}') as check_names, coalesce(k.expressions, '{}') as check_expressions
  from pg_type t
  join pg_namespace n on n.oid = t.typnamespace
  join pg_type b on b.oid = t.typbasetype
  left join (
    select contypid, array_agg(conname::text order by conname collate "C") as names,
           array_agg(case when octet_length(conbin::text) > 4000000 then '<more than 4,000,000 characters>'
                          else pg_get_expr(conbin, 0) end order by conname collate "C") as expressions
      from pg_constraint
     where contype = 'c' and contypid <> 0
     group by contypid
  ) k on k.contypid = t.oid
 where t.typtype = 'd'
