-- What runs when rows of the tables $1 (OIDs) are deleted, changed or read for a check, over every table that hangs
-- on them: one row for each function of another role than $2 and the superusers, and for each trigger whose effects
-- may outlive a rollback (`outside`: a language that reaches out of the database, or dblink in its text).
-- `what` names trigger and table, the type of a column, or the table alone where the function stands in an index, a
-- check, a default, statistics, a policy, a rule or a partition key.
-- PostgreSQL 14 to 18. No privileges needed. Every name carries its schema: it runs under the application's path.
with recursive reached (oid) as (
  select t.oid from pg_catalog.unnest($1::pg_catalog.oid[]) t (oid)
  union
  select next.oid
    from reached r
   cross join lateral (
     select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent operator(pg_catalog.=) r.oid
     union all
     select k.conrelid from pg_catalog.pg_constraint k
      where k.confrelid operator(pg_catalog.=) r.oid and k.contype operator(pg_catalog.=) 'f'
     union all
     -- What a rule does instead is done to other tables.
     select d.refobjid
       from pg_catalog.pg_rewrite w
       join pg_catalog.pg_depend d
         on d.classid operator(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid
        and d.objid operator(pg_catalog.=) w.oid
        and d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
      where w.ev_class operator(pg_catalog.=) r.oid
   ) next (oid)
), typed (relation, type, part) as (
  select a.attrelid, a.atttypid, a.atttypid
    from reached r
    join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) r.oid
   where a.attnum operator(pg_catalog.>) 0::pg_catalog.int2 and not a.attisdropped
     and a.atttypid operator(pg_catalog.>=) 16384::pg_catalog.oid
  union
  -- What a type is made of: a domain's own type, elements, bounds, the ranges of a multirange, and fields.
  select p.relation, p.type, u.part
    from typed p
    join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) p.part
   cross join lateral (
     select t.typbasetype
     union all
     select t.typelem
     union all
     select g.rngsubtype from pg_catalog.pg_range g where g.rngtypid operator(pg_catalog.=) t.oid
     union all
     select g.rngtypid from pg_catalog.pg_range g where g.rngmultitypid operator(pg_catalog.=) t.oid
     union all
     select m.atttypid from pg_catalog.pg_attribute m
      where m.attrelid operator(pg_catalog.=) t.typrelid and m.attnum operator(pg_catalog.>) 0::pg_catalog.int2
   ) u (part)
   where u.part operator(pg_catalog.>=) 16384::pg_catalog.oid
), stored (what, class, object) as (
  select pg_catalog.format('an expression of %s', c.relname), o.class, o.object
    from reached r
    join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) r.oid
   cross join lateral (
     select 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, r.oid
     union all
     select 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, i.indexrelid
       from pg_catalog.pg_index i where i.indrelid operator(pg_catalog.=) r.oid
     union all
     select 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid, k.oid
       from pg_catalog.pg_constraint k where k.conrelid operator(pg_catalog.=) r.oid
     union all
     select 'pg_catalog.pg_attrdef'::pg_catalog.regclass::pg_catalog.oid, a.oid
       from pg_catalog.pg_attrdef a where a.adrelid operator(pg_catalog.=) r.oid
     union all
     select 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass::pg_catalog.oid, s.oid
       from pg_catalog.pg_statistic_ext s where s.stxrelid operator(pg_catalog.=) r.oid
     union all
     select 'pg_catalog.pg_trigger'::pg_catalog.regclass::pg_catalog.oid, t.oid
       from pg_catalog.pg_trigger t
      where t.tgrelid operator(pg_catalog.=) r.oid and not t.tgisinternal and t.tgqual is not null
     union all
     select 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid, w.oid
       from pg_catalog.pg_rewrite w where w.ev_class operator(pg_catalog.=) r.oid
     union all
     select 'pg_catalog.pg_policy'::pg_catalog.regclass::pg_catalog.oid, y.oid
       from pg_catalog.pg_policy y
      where y.polrelid operator(pg_catalog.=) r.oid and c.relrowsecurity
   ) o (class, object)
  union all
  select pg_catalog.format('the type %s of a column of %s', n.typname, c.relname),
         'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid, k.oid
    from typed p
    join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) p.relation
    join pg_catalog.pg_type n on n.oid operator(pg_catalog.=) p.type
    join pg_catalog.pg_constraint k on k.contypid operator(pg_catalog.=) p.part
), called (what, function, triggers) as (
  select pg_catalog.format('the trigger %s of %s', t.tgname, c.relname), t.tgfoid, true
    from reached r
    join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) r.oid
    join pg_catalog.pg_trigger t on t.tgrelid operator(pg_catalog.=) r.oid
   where not t.tgisinternal and t.tgenabled operator(pg_catalog.<>) 'D'
  union all
  select s.what, d.refobjid, false
    from stored s
    join pg_catalog.pg_depend d
      on d.classid operator(pg_catalog.=) s.class and d.objid operator(pg_catalog.=) s.object
     and d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid
  union all
  select s.what, o.oprcode, false
    from stored s
    join pg_catalog.pg_depend d
      on d.classid operator(pg_catalog.=) s.class and d.objid operator(pg_catalog.=) s.object
     and d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_operator'::pg_catalog.regclass::pg_catalog.oid
    join pg_catalog.pg_operator o on o.oid operator(pg_catalog.=) d.refobjid
  union all
  select pg_catalog.format('the type %s of a column of %s', n.typname, c.relname), f.function, false
    from typed p
    join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) p.relation
    join pg_catalog.pg_type n on n.oid operator(pg_catalog.=) p.type
   cross join lateral (
     select x.castfunc from pg_catalog.pg_cast x
      where x.castsource operator(pg_catalog.=) p.part and x.castcontext operator(pg_catalog.<>) 'e'
     union all
     select x.castfunc from pg_catalog.pg_cast x
      where x.casttarget operator(pg_catalog.=) p.part and x.castcontext operator(pg_catalog.<>) 'e'
     union all
     select g.rngsubdiff::pg_catalog.oid from pg_catalog.pg_range g where g.rngtypid operator(pg_catalog.=) p.part
     union all
     select g.rngcanonical::pg_catalog.oid from pg_catalog.pg_range g where g.rngtypid operator(pg_catalog.=) p.part
   ) f (function)
)
select distinct pg_catalog.format('%s, whose function %s belongs to %s', k.what, p.proname, o.rolname) as what,
       not o.rolsuper and o.rolname operator(pg_catalog.<>) $2::pg_catalog.text::pg_catalog.name         as untrusted,
       k.triggers and (p.prosrc operator(pg_catalog.~*) 'dblink'
         or (not l.lanpltrusted and l.lanname operator(pg_catalog.<>) all (array['internal', 'c']::pg_catalog.name[])))
                                                                                                        as outside
  from called k
  join pg_catalog.pg_proc p on p.oid operator(pg_catalog.=) k.function
  join pg_catalog.pg_language l on l.oid operator(pg_catalog.=) p.prolang
  join pg_catalog.pg_roles o on o.oid operator(pg_catalog.=) p.proowner
 order by 1
