-- The expressions of the CHECKs with the OIDs $1; that of a `locked` table is NULL, as reading it would wait, unless $2.
-- One that is stored as millions of characters is not spelled out.
-- PostgreSQL 14 to 18. No privileges needed.
with locked as materialized (
  select distinct relation
    from pg_locks
   where mode = 'AccessExclusiveLock' and pid <> pg_backend_pid() and relation is not null and not $2
)
select k.oid::int8 as oid,
       case when octet_length(k.conbin::text) > 4000000 then '<more than 4,000,000 characters>'
            when l.relation is null then pg_get_expr(k.conbin, k.conrelid) end as expression
  from pg_constraint k
  left join locked l on l.relation = k.conrelid
 where k.oid = any ($1::oid[])
