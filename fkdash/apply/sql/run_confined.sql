-- The body of a function that runs one statement for good. Nothing that it set off may wait for COMMIT, which would
-- run it with the session's own rights: checks are made at once, cursors (WITH HOLD) are closed, settings put back,
-- and where a table was written that has a deferrable trigger other than the server's own, it is refused, because
-- such a trigger can put itself off again. The braces take the statement as a constant, and for how many milliseconds the
-- client may be silent before COMMIT.
-- PostgreSQL 14 to 18. What the statement needs, and SELECT on pg_locks, which everybody has. It runs under the
-- application's path.
declare
  fkd_tables pg_catalog.text;
begin
  execute {statement};
  set constraints all immediate;
  execute 'close all';
  execute 'reset all';
  -- What is left then are limits that are meant for the application, and COMMIT is still to come.
  perform pg_catalog.set_config(l.column1, l.column2, true)
     from (values ('transaction_timeout', '0'), ('statement_timeout', '0'),
                  ('idle_in_transaction_session_timeout', '{idle_ms}'), ('exit_on_error', 'off')) as l
    where pg_catalog.current_setting(l.column1, true) is not null;
  if pg_catalog.current_setting('synchronous_commit') operator(pg_catalog.=) 'off' then
    -- A COMMIT that was answered could be gone after a crash.
    perform pg_catalog.set_config('synchronous_commit', 'local', true);
  end if;
  select pg_catalog.string_agg(distinct c.relname, ', ') into fkd_tables
    from pg_catalog.pg_locks l
    join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) l.relation
    join pg_catalog.pg_trigger t on t.tgrelid operator(pg_catalog.=) l.relation
    join pg_catalog.pg_proc f on f.oid operator(pg_catalog.=) t.tgfoid
    left join pg_catalog.pg_index i on i.indexrelid operator(pg_catalog.=) t.tgconstrindid
   where l.pid operator(pg_catalog.=) pg_catalog.pg_backend_pid()
     and l.mode operator(pg_catalog.=) any (array['RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                                                  'AccessExclusiveLock'])
     and t.tgdeferrable
     and (f.pronamespace operator(pg_catalog.<>) 'pg_catalog'::pg_catalog.regnamespace::pg_catalog.oid
          or i.indexprs is not null or i.indpred is not null);
  -- The one without a name is the query that called this function.
  if fkd_tables is not null
     or exists (select from pg_catalog.pg_cursors k where k.name operator(pg_catalog.<>) '') then
    raise exception using errcode = 'FKD01', message = pg_catalog.format(
      'code that it ran on the way wants to run again when it is committed (%s)', coalesce(fkd_tables, 'a cursor'));
  end if;
  fkd_stage := 'done';
end
