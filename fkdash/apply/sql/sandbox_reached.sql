-- What runs when rows of the tables $1 (OIDs) are deleted, changed or read for a check, over every table that hangs
-- on them: one row for each function of another role than $2 and the superusers, and for each trigger whose effects
-- may outlive a rollback (`outside`: a language that reaches out of the database, or dblink in its text).
-- `what` names trigger and table, or the table alone where the function stands in an index, a check, a default,
-- statistics or a partition key.
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
   ) next (oid)
), called (what, function, triggers) as (
  select pg_catalog.format('the trigger %s of %s', t.tgname, c.relname), t.tgfoid, true
    from reached r
    join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) r.oid
    join pg_catalog.pg_trigger t on t.tgrelid operator(pg_catalog.=) r.oid
   where not t.tgisinternal and t.tgenabled operator(pg_catalog.<>) 'D'
  union all
  select pg_catalog.format('an expression of %s', c.relname), d.refobjid, false
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
   ) o (class, object)
    join pg_catalog.pg_depend d
      on d.classid operator(pg_catalog.=) o.class and d.objid operator(pg_catalog.=) o.object
     and d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid
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
