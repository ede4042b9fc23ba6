-- The partitions of a partitioned table ($1, an OID) that have no checked foreign key of a name ($2), by name.
-- PostgreSQL 14 to 18. No privileges needed.
select n.nspname as schema, c.relname as name
  from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  join pg_namespace n on n.oid = c.relnamespace
 where i.inhparent = $1::oid
   and not exists (select
                     from pg_constraint k
                    where k.conrelid = i.inhrelid
                      and k.contype = 'f'
                      and k.conname = $2::text::name
                      and k.convalidated)
 order by 1, 2
