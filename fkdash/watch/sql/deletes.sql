-- How often statements that delete from a table called $1 went through; {schema} is where pg_stat_statements is.
-- A statement that fails is not counted there. The function behind the view: views that are not PostgreSQL's own are
-- kept from being read. Versions 14-18. Statements of other roles need pg_read_all_stats.
select coalesce(sum(s.calls), 0)::int8 as calls, coalesce(sum(s.rows), 0)::int8 as rows
  from {schema}.pg_stat_statements(true) s
  join pg_database d on d.oid = s.dbid and d.datname = current_database()
 where s.query ~* '^\s*delete\s' and position(lower($1::text) in lower(s.query)) > 0
