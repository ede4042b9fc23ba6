-- What else than a table has a name: its kind, what replaces a DELETE on it, and the tables below. One row for each
-- relation of that name, one of schema public first. $1 the schema (NULL: any), $2 the name.
-- A view's own tables and those that its rules write come from pg_depend: nothing is opened, no lock is waited for.
-- PostgreSQL 14 to 18. No privileges needed.
with recursive named as (
  select c.oid, c.relkind::text as kind, n.nspname as schema, c.relname as name
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where c.relname = $2
     and ($1::text is null or n.nspname = $1)
     and c.relkind not in ('r', 'p', 'f')
     and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
   order by n.nspname <> 'public', n.nspname
   limit 10
), below(view, oid, kind) as (
  select n.oid, n.oid, n.kind from named n
  union
  select b.view, c.oid, c.relkind::text
    from below b
    join pg_rewrite w on w.ev_class = b.oid and b.kind in ('v', 'm')
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
    join pg_class c on c.oid = d.refobjid and c.relkind in ('r', 'p', 'f', 'v', 'm')
)
select n.schema, n.name, n.kind,
       (select array_agg(t.tgname::text order by t.tgname)
          from pg_trigger t where t.tgrelid = n.oid and t.tgtype::int & 72 = 72 and t.tgenabled in ('O', 'A')) as triggers,
       (select array_agg(w.rulename::text order by w.rulename)
          from pg_rewrite w where w.ev_class = n.oid and w.ev_type = '4' and w.is_instead
           and w.ev_enabled in ('O', 'A')) as rules,
       (select json_agg(json_build_array(s.nspname, c.relname) order by s.nspname, c.relname)
          from below b
          join pg_class c on c.oid = b.oid
          join pg_namespace s on s.oid = c.relnamespace
         where b.view = n.oid and b.kind in ('r', 'p', 'f')) as tables
  from named n
