-- Whether anything belongs to the tables with the OIDs $1, their partitions and the tables that inherit from them, that
-- reading them could run code of: expressions, types of users, tables on other servers. Nothing of planted.sql is
-- found where this is false, and most tables are known so in a tenth of its time.
-- PostgreSQL 14 to 18. No privileges needed.
with recursive below (oid) as (
  select oid from unnest($1::oid[]) as asked (oid)
  union
  select i.inhrelid from below b join pg_inherits i on i.inhparent = b.oid
), around (oid) as (
  select oid from below
  union
  select i.inhparent from around a join pg_class c on c.oid = a.oid join pg_inherits i on i.inhrelid = a.oid
   where c.relispartition
)
select exists (select from pg_index x
                where x.indrelid in (select oid from below) and (x.indexprs is not null or x.indpred is not null))
       or exists (select from pg_attribute a
                   where a.attrelid in (select oid from below) and a.attnum > 0 and a.atttypid >= 16384)
       or exists (select from pg_statistic_ext s where s.stxrelid in (select oid from below) and s.stxexprs is not null)
       or exists (select from pg_partitioned_table p
                   where p.partrelid in (select oid from around) and p.partexprs is not null)
       or exists (select from pg_class c where c.oid in (select oid from below) and c.relkind = 'f') as anything
