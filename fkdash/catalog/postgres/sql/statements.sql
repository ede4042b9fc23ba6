-- The statements run most often that compare something; {schema} is where pg_stat_statements is. $1 the most to read.
-- The function behind the view: views that are not PostgreSQL's own are kept from being read.
-- PostgreSQL 14 to 18. Statements of other roles need pg_read_all_stats and are left out without it.
select s.query, sum(s.calls)::int8 as calls
  from {schema}.pg_stat_statements(true) s
  join pg_database d on d.oid = s.dbid and d.datname = current_database()
 where s.query like '%=%' and s.query ~* '\m(join|from|using)\M' and s.query !~ '^<'
 group by s.query
 order by calls desc
 limit $1
