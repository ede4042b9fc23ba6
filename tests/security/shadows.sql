-- Puts a schema `shadow` before pg_catalog in the application's path, in which nearly everything of pg_catalog that a
-- statement could mean has a double: functions, operators, types and relations. What runs of it stands in the
-- server's log as SHADOW with its name. Any version; run by a superuser, whose CREATE statements mean pg_catalog.
set search_path = pg_catalog, pg_temp;
set check_function_bodies = off;
set client_min_messages = error;
create schema shadow;
grant usage on schema shadow to public;

create function shadow.noticed(what text) returns boolean language plpgsql as $$
begin
  raise log 'SHADOW %', what;
  return true;
end $$;

do $$
declare
  f record;
  o record;
  t text;
begin
  for f in
    select p.proname, pg_get_function_identity_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as result,
           p.proretset
      from pg_proc p
     where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and p.provariadic = 0
       and p.proargmodes is null
       and not exists (
         select from pg_type y where y.oid = any (p.proargtypes::oid[] || p.prorettype) and y.typtype = 'p')
  loop
    execute format(
      'create function shadow.%I(%s) returns %s language plpgsql as %L', f.proname, f.arguments, f.result,
      format('begin perform shadow.noticed(%L); return%s; end', f.proname || '()', case when f.proretset then '' else ' null' end));
  end loop;
  for o in
    select p.oprname, p.oprleft::regtype as l, p.oprright::regtype as r, p.oprresult::regtype as result,
           row_number() over () as n
      from pg_operator p
     where p.oprnamespace = 'pg_catalog'::regnamespace and p.oprkind = 'b'
       and not exists (
         select from pg_type y where y.oid in (p.oprleft, p.oprright, p.oprresult) and y.typtype = 'p')
  loop
    execute format(
      'create function shadow.operator_%s(%s, %s) returns %s language plpgsql as %L', o.n, o.l, o.r, o.result,
      format('begin perform shadow.noticed(%L); return null; end', 'operator ' || o.oprname));
    execute format(
      'create operator shadow.%s (leftarg = %s, rightarg = %s, function = shadow.operator_%s)', o.oprname, o.l, o.r, o.n);
  end loop;
  foreach t in array array['text', 'oid', 'name', 'regclass', 'regtype', 'regprocedure', 'xid8', 'tid', 'int8', 'int4',
                           'bool', 'json', 'jsonb', 'inet', 'uuid']
  loop
    execute format('create domain shadow.%I as pg_catalog.%I check (shadow.noticed(%L))', t, t, 'type ' || t);
  end loop;
  for t in
    select c.relname from pg_class c
     where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind in ('r', 'v')
  loop
    execute format('create view shadow.%I as select shadow.noticed(%L) as noticed', t, 'relation ' || t);
  end loop;
end $$;

-- What takes anything, and is met better by those who take just this.
do $$
declare
  f record;
begin
  for f in
    select * from (values
      ('format', 'text, text', 'text'), ('format', 'text, text, text', 'text'),
      ('format', 'text, text, text, text', 'text'), ('concat', 'text, text', 'text'),
      ('unnest', 'text[]', 'setof text'), ('unnest', 'bigint[]', 'setof bigint'), ('unnest', 'oid[]', 'setof oid'),
      ('unnest', 'smallint[]', 'setof smallint'), ('array_length', 'text[], integer', 'integer'),
      ('cardinality', 'text[]', 'integer'), ('array_position', 'smallint[], smallint', 'integer'),
      ('to_jsonb', 'text', 'jsonb'), ('row_to_json', 'record', 'json'), ('pg_typeof', 'text', 'text')
    ) f (name, arguments, result)
  loop
    execute format(
      'create function shadow.%I(%s) returns %s language plpgsql as %L', f.name, f.arguments, f.result,
      format('begin perform shadow.noticed(%L); return%s; end', f.name || '()', case when f.result like 'setof%' then '' else ' null' end));
  end loop;
end $$;
create function shadow.counted(bigint) returns bigint language plpgsql as $$
begin
  perform shadow.noticed('count(*)');
  return $1 + 1;
end $$;
create aggregate shadow.count(*) (sfunc = shadow.counted, stype = bigint, initcond = '0');
reset search_path;
