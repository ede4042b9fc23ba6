-- What reading the tables with the OIDs $1, their partitions and the tables that inherit from them, might run of
-- other roles' code: expressions that the planner works on (of indexes, extended statistics and partition keys),
-- implicit casts and range types' functions behind columns, checks of domains inside the types of keys, and tables on
-- other servers. Only what leads to a function whose owner is not trusted is given; that is
-- what trusted_roles.sql says, which stands in this query as a part.
-- `trees` are the stored expressions, `functions` what runs without standing in one. Of an expression of millions of
-- characters only that it is one is given.
-- PostgreSQL 14 to 18. No privileges needed.
with recursive trusted as (
{trusted_roles}
), untrusted as materialized (
  select oid from pg_proc where proowner not in (select oid from trusted)
), hints as materialized (
  select 'pg_proc'::regclass::oid as class, oid from untrusted
  union all
  select 'pg_operator'::regclass, o.oid from pg_operator o where o.oprcode in (select oid from untrusted)
), domains (oid) as (
  -- Planning a cast to a domain plans the domain's checks as well (utils/cache/typcache.c, load_domaintype_info).
  select distinct k.contypid from pg_constraint k join pg_type t on t.oid = k.contypid
   where k.contype = 'c' and k.contypid <> 0 and t.typowner not in (select oid from trusted)
), ranges (oid) as (
  -- A union of ranges is brought into the common form of their type.
  select u.oid from pg_range r cross join unnest(array[r.rngtypid, r.rngmultitypid]) as u (oid)
   where r.rngcanonical::oid in (select oid from untrusted)
), checked (oid) as (
  select oid from domains union select oid from ranges
  union
  select u.oid
    from checked r
   cross join lateral (
     select oid from pg_type where typbasetype = r.oid
     union all select oid from pg_type where typelem = r.oid
     union all select rngtypid from pg_range where rngsubtype = r.oid
     union all select c.reltype from pg_attribute a join pg_class c on c.oid = a.attrelid
                where a.atttypid = r.oid and a.attnum > 0 and not a.attisdropped and c.reltype <> 0
   ) as u (oid)
), leads as (
  select class, oid from hints
  union all
  select 'pg_type'::regclass, oid from checked
), below (oid) as (
  select oid from unnest($1::oid[]) as asked (oid)
  union
  select i.inhrelid from below b join pg_inherits i on i.inhparent = b.oid
), around (oid) as (
  select oid from below
  union
  select i.inhparent from around a join pg_class c on c.oid = a.oid join pg_inherits i on i.inhrelid = a.oid
   where c.relispartition
), expressions (kind, class, oid, relation, name, trees) as (
  select 'index', 'pg_class'::regclass::oid, x.indexrelid, x.indrelid, c.relname,
         array_remove(array[x.indexprs::text, x.indpred::text], null)
    from pg_index x
    join pg_class c on c.oid = x.indexrelid
   where x.indrelid in (select oid from below) and (x.indexprs is not null or x.indpred is not null)
  union all
  select 'statistics', 'pg_statistic_ext'::regclass, s.oid, s.stxrelid, s.stxname, array[s.stxexprs::text]
    from pg_statistic_ext s
   where s.stxrelid in (select oid from below) and s.stxexprs is not null
  union all
  select 'partition key', 'pg_class'::regclass, p.partrelid, p.partrelid, c.relname, array[p.partexprs::text]
    from pg_partitioned_table p
    join pg_class c on c.oid = p.partrelid
   where p.partrelid in (select oid from around) and p.partexprs is not null
), typed (relation, name, type) as (
  select a.attrelid, a.attname, a.atttypid
    from pg_attribute a
   where a.attrelid in (select oid from below) and a.attnum > 0 and not a.attisdropped and a.atttypid >= 16384
  union
  select d.relation, d.name, t.typbasetype from typed d join pg_type t on t.oid = d.type where t.typtype = 'd'
), parts (relation, name, type) as (
  -- What a text becomes a key's value by: the parts of composite, array and range types.
  select a.attrelid, a.attname, a.atttypid
    from pg_attribute a
   where a.attrelid in (select oid from below) and a.attnum > 0 and not a.attisdropped and a.atttypid >= 16384
     and (exists (select from pg_constraint k
                   where k.contype in ('f', 'p', 'u')
                     and (k.conrelid = a.attrelid and a.attnum = any (k.conkey)
                          or k.confrelid = a.attrelid and a.attnum = any (k.confkey))))
  union
  select p.relation, p.name, u.part
    from parts p
    join pg_type t on t.oid = p.type
   cross join lateral (
     select t.typbasetype where t.typtype = 'd'
     union all select t.typelem where t.typelem <> 0
     union all select r.rngsubtype from pg_range r where t.oid in (r.rngtypid, r.rngmultitypid)
     union all select m.atttypid from pg_attribute m where m.attrelid = t.typrelid and t.typrelid <> 0 and m.attnum > 0
   ) as u (part)
   where u.part >= 16384
), found (kind, relation, name, trees, functions) as (
  select kind, relation, name, trees, '{}'::oid[]
    from expressions e
   where exists (select from pg_depend d join leads l on l.class = d.refclassid and l.oid = d.refobjid
                  where d.classid = e.class and d.objid = e.oid)
      -- A polymorphic function that the planner replaces by its body turns literals into the type of the column.
      or exists (select from pg_depend d
                   join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                  where d.classid = e.class and d.objid = e.oid and d.refclassid = 'pg_class'::regclass
                    and a.atttypid in (select oid from checked))
  union all
  select 'cast', t.relation, t.name, '{}', array[c.castfunc]
    from typed t
    join pg_cast c on c.castsource = t.type and c.castcontext = 'i'
                   or c.casttarget = t.type and c.castsource < 16384
   where c.castfunc in (select oid from untrusted)
  union all
  -- How wide a range is, is asked for an estimate; its common form is made of every text and every union.
  select 'range', t.relation, t.name, '{}',
         array(select u.oid from untrusted u where u.oid in (r.rngsubdiff::oid, r.rngcanonical::oid))
    from (table typed union table parts) t
    join pg_range r on t.type in (r.rngtypid, r.rngmultitypid)
   where r.rngsubdiff::oid in (select oid from untrusted) or r.rngcanonical::oid in (select oid from untrusted)
  union all
  select 'domain', p.relation, p.name, '{}',
         array(select u.oid from untrusted u
                where exists (select from pg_constraint k
                                join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid
                                left join pg_operator o on d.refclassid = 'pg_operator'::regclass and o.oid = d.refobjid
                               where k.contypid = p.type
                                 and (d.refclassid = 'pg_proc'::regclass and d.refobjid = u.oid or o.oprcode = u.oid)))
    from parts p
    join pg_type t on t.oid = p.type
   where t.typtype = 'd'
     and not exists (select from pg_attribute a where a.attrelid = p.relation and a.attname = p.name and a.atttypid = p.type)
     and exists (select from pg_constraint k
                   join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid
                   join hints h on h.class = d.refclassid and h.oid = d.refobjid
                  where k.contypid = p.type)
  union all
  select 'foreign table', c.oid, c.relname, '{}', '{}'
    from pg_class c
   where c.oid in (select oid from below) and c.relkind = 'f'
)
select f.kind, n.nspname as schema, c.relname as relation, f.name,
       array(select case when octet_length(tree) > 4000000 then '{TOOLONG}' else tree end
               from unnest(f.trees) as t (tree)) as trees,
       f.functions::int8[] as functions,
       pg_get_userbyid(c.relowner) as owner
  from found f
  join pg_class c on c.oid = f.relation
  join pg_namespace n on n.oid = c.relnamespace
 order by schema, relation, kind, name
