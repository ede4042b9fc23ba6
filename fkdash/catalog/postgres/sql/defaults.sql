-- Default and generation expressions of columns: $1 their tables' OIDs, $2 their numbers, pairwise.
-- A default names no column, so it is spelled without its table (0), which opens no table and waits for no
-- lock; a generation expression of a `locked` table is NULL, or if $3 is waited for. One that is stored as millions of
-- characters is not spelled out.
-- PostgreSQL 14 to 18. No privileges needed.
with locked as materialized (
  select distinct relation
    from pg_locks
   where mode = 'AccessExclusiveLock' and pid <> pg_backend_pid() and relation is not null and not $3
)
select d.adrelid::int8 as table_oid, d.adnum::int as number,
       case when octet_length(d.adbin::text) > 4000000 then '<more than 4,000,000 characters>'
            when a.attgenerated = '' then pg_get_expr(d.adbin, 0)
            when l.relation is null then pg_get_expr(d.adbin, d.adrelid) end as expression
  from unnest($1::oid[], $2::int2[]) as w (table_oid, number)
  join pg_attrdef d on d.adrelid = w.table_oid and d.adnum = w.number
  join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
  left join locked l on l.relation = d.adrelid
