-- Of tables that publications publish UPDATE or DELETE of: those that have no replica identity, or one with generated
-- columns that are not published (`unpublished`, from 18 on), or of which a publication has a row filter or a column
-- list, with what decides whether such a statement is refused (execReplication.c, CheckCmdReplicaIdentity). One row for
-- each table and publication; `identity` are the names of the columns of the replica identity, empty without one.
-- `filter` is a stored expression, one of millions of characters over no column; it and `listed` may be about a table
-- above, so that `numbers` and `names`, pairwise, say what their attribute numbers stand for.
-- An unqualified column that a version lacks is taken from `absent`. $1 limits it to tables with these OIDs; NULL asks
-- for all.
-- PostgreSQL 14 to 18. No privileges needed.
with publishing as (
  select p.*
    from (values (null::"char")) as absent (pubgencols)
   cross join lateral (
     select oid, pubname, puballtables, pubupdate, pubdelete, pubviaroot, pubgencols
       from pg_publication
      where pubupdate or pubdelete
   ) p
), candidate as (
  select c.oid, c.relreplident, c.relispartition, (i.indkey::int2[])[0:i.indnkeyatts - 1] as columns
    from pg_class c
    left join pg_index i
      on i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null
     and i.indexprs is null
     and ((c.relreplident = 'd' and i.indisprimary) or (c.relreplident = 'i' and i.indisreplident))
   where exists (select from publishing)
     and c.relkind = 'r' and c.relpersistence = 'p' and c.oid >= 16384
     and ($1::oid[] is null or c.oid = any ($1))
), above as (
  select c.oid, c.oid as ancestor, 0 as level from candidate c
  union all
  select c.oid, a.relid, a.level::int
    from candidate c
   cross join lateral pg_partition_ancestors(c.oid) with ordinality as a (relid, level)
   where c.relispartition and a.relid <> c.oid
), published as (
  select a.oid, r.prpubid as publication, a.ancestor, a.level,
         case when octet_length(r.prqual::text) > 4000000 then '{TOOLONG}' else r.prqual::text end as filter, r.prattrs::int2[] as listed
    from (values (null::pg_node_tree, null::int2vector)) as absent (prqual, prattrs)
   cross join lateral (
     select prpubid, prrelid, prqual, prattrs from pg_publication_rel
   ) r
    join above a on a.ancestor = r.prrelid
  union all
  select c.oid, p.oid, c.oid, 0, null, null from candidate c join publishing p on p.puballtables
  union all
  -- What a publication publishes with its schema is asked of pg_depend: 14 has no pg_publication_namespace.
  select a.oid, d.refobjid, a.ancestor, a.level, null, null
    from pg_depend d
    join pg_depend s on s.classid = d.classid and s.objid = d.objid and s.refclassid = 'pg_namespace'::regclass
    join pg_class k on k.relnamespace = s.refobjid
    join above a on a.ancestor = k.oid
   where d.classid = to_regclass('pg_catalog.pg_publication_namespace')
     and d.refclassid = 'pg_publication'::regclass
)
select c.oid::int8 as table_oid, p.pubname as publication, p.pubupdate as updates, p.pubdelete as deletes,
       c.relreplident = 'f' as whole, u.unpublished, array(select attname::text from pg_attribute where attrelid = c.oid and attnum = any (c.columns)) as identity,
       d.filter, d.listed,
       array(select attnum::int from pg_attribute
              where attrelid = d.ancestor and (d.filter is not null or d.listed is not null) order by attnum) as numbers,
       array(select attname::text from pg_attribute
              where attrelid = d.ancestor and (d.filter is not null or d.listed is not null) order by attnum) as names
  from (
    select distinct on (s.oid, s.publication) s.*
      from published s
      join publishing q on q.oid = s.publication
     order by s.oid, s.publication, case when q.pubviaroot then -s.level else s.level end
  ) d
  join candidate c on c.oid = d.oid
  join publishing p on p.oid = d.publication
 cross join lateral (
   select p.pubgencols is not null and (c.relreplident = 'f' or d.listed is null) and exists (
            select from pg_attribute
             where attrelid = c.oid and attnum > 0 and not attisdropped
               and attgenerated <> '' and (attgenerated <> 's' or p.pubgencols <> 's')
               and (c.relreplident = 'f' or attnum = any (c.columns)))
 ) u (unpublished)
 where (c.relreplident <> 'f' and c.columns is null) or d.filter is not null or d.listed is not null or u.unpublished
 order by c.oid, p.pubname collate "C"
