-- Every table that can take part in a foreign key, with its owner, its size by the statistics
-- and what the current role may do with it. reltuples is -1 where never analysed.
-- `locked`: another session holds or awaits ACCESS EXCLUSIVE; reading its expressions would wait.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18. No privileges needed.
with locked as materialized (
  select distinct relation
    from pg_locks
   where mode = 'AccessExclusiveLock' and pid <> pg_backend_pid() and relation is not null
), parent as (
  select inhrelid, array_agg(inhparent order by inhseqno) as parents from pg_inherits group by inhrelid
), keyed as (
  -- The hash of NULL alone is 0, of NULL beside other columns it is theirs; a list partition takes NULLs where it
  -- names NULL, a default partition always.
  select pt.partrelid, array_remove(pt.partattrs::int2[], 0::int2) as columns,
         pt.partstrat = 'h' and pt.partnatts > 1 as hashed,
         pt.partstrat <> 'h' and pt.partdefid = 0 as bounded,
         coalesce((
           select i.inhrelid
             from pg_inherits i
             join pg_class k on k.oid = i.inhrelid
            where i.inhparent = pt.partrelid
              and (
                pt.partstrat = 'l' and pg_get_expr(k.relpartbound, 0) ~ '[(,] ?NULL[,)]'
                or pt.partstrat = 'h' and pt.partnatts = 1 and pg_get_expr(k.relpartbound, 0) ~ 'remainder 0\)'
              )
            limit 1
         ), nullif(pt.partdefid, 0)) as nulls_into
    from pg_partitioned_table pt
), extended as (
  select d.objid, e.extname
    from pg_depend d join pg_extension e on e.oid = d.refobjid
   where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
), publishable as (
  select c.oid, c.relkind, c.relispartition, c.relnamespace
    from pg_class c
   where exists (select from pg_publication)
     and c.relkind in ('r', 'p') and c.relpersistence = 'p' and c.oid >= 16384
), above as (
  select oid, oid as top from publishable
  union all
  select c.oid, a.relid
    from publishable c
   cross join lateral pg_partition_ancestors(c.oid) a
   where c.relispartition and a.relid <> c.oid
), named as (
  select prpubid as publication, prrelid as relid, true as itself from pg_publication_rel
   union all
  -- What a publication publishes with its schema is asked of pg_depend: 14 has no pg_publication_namespace.
  select p.refobjid, k.oid, false
    from pg_depend p
    join pg_depend s on s.classid = p.classid and s.objid = p.objid and s.refclassid = 'pg_namespace'::regclass
    join publishable k on k.relnamespace = s.refobjid
   where p.classid = to_regclass('pg_catalog.pg_publication_namespace')
     and p.refclassid = 'pg_publication'::regclass
), reached as (
  select n.publication, a.oid, bool_or(a.oid = n.relid) as named, bool_or(a.oid <> n.relid) as below,
         bool_or(n.itself) as by_name
    from named n
    join above a on a.top = n.relid
   group by n.publication, a.oid
), published as (
  -- As pg_get_publication_tables says, which opens every one of them and waits where it is locked.
  -- What is published though nobody named it is published because new tables are.
  select b.oid as relid, array_agg(p.pubname::text order by p.pubname) as publications,
         bool_or(not coalesce(r.by_name, false)) as new_tables_too
    from pg_publication p
   cross join publishable b
    left join reached r on r.publication = p.oid and r.oid = b.oid
   where case when p.puballtables and p.pubviaroot then not b.relispartition
              when p.puballtables then b.relkind = 'r'
              when p.pubviaroot then r.named and not r.below
              else b.relkind = 'r' and r.oid is not null end
   group by b.oid
), subscribed as (
  select r.srrelid, array_agg(s.subname::text order by s.subname) as subscriptions
    from pg_subscription_rel r join pg_subscription s on s.oid = r.srsubid
   group by r.srrelid
)
select c.oid::int8                                   as oid,
       n.nspname                                     as schema,
       c.relname                                     as name,
       c.relkind::text                               as kind,
       c.relispartition                              as is_partition,
       p.parents::int8[]                             as parents,
       pg_get_userbyid(c.relowner)                   as owner,
       case when c.reltuples >= 0 then c.reltuples::int8 end as rows,
       c.relpages::int8 * current_setting('block_size')::int as bytes,
       c.relrowsecurity                              as row_security,
       c.relforcerowsecurity                         as force_row_security,
       x.extname                                     as extension,
       l.relation is not null                        as locked,
       h.columns                                     as partition_key,
       h.hashed                                      as hashed,
       coalesce(h.bounded, false)                    as bounded,
       h.nulls_into::int8                            as nulls_into,
       pub.publications,
       pub.new_tables_too,
       sub.subscriptions,
       has_schema_privilege(n.oid, 'USAGE') and
         (has_table_privilege(c.oid, 'SELECT') or has_any_column_privilege(c.oid, 'SELECT')) as may_select,
       has_any_column_privilege(c.oid, 'REFERENCES') as may_reference,
       pg_has_role(c.relowner, 'USAGE')              as may_alter,
       has_schema_privilege(c.relowner, n.oid, 'USAGE')     as owner_usage,
       has_table_privilege(c.relowner, c.oid, 'SELECT')
         or has_any_column_privilege(c.relowner, c.oid, 'SELECT') as owner_select,
       has_table_privilege(c.relowner, c.oid, 'UPDATE')
         or has_any_column_privilege(c.relowner, c.oid, 'UPDATE') as owner_update,
       has_table_privilege(c.relowner, c.oid, 'DELETE')     as owner_delete
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join parent p on p.inhrelid = c.oid
  left join extended x on x.objid = c.oid
  left join keyed h on h.partrelid = c.oid
  left join locked l on l.relation = c.oid
  left join published pub on pub.relid = c.oid
  left join subscribed sub on sub.srrelid = c.oid
 where ($1::oid[] is null or c.oid = any ($1))
   and c.relkind in ('r', 'p', 'f')
   and ($1::oid[] is not null or c.relnamespace <> all (array(
         select oid
           from pg_namespace
          where nspname in ('pg_catalog', 'information_schema')
             or nspname like 'pg\_toast%'
             or nspname like 'pg\_temp\_%'
       )))
