-- The rewrite rules for INSERT, UPDATE and DELETE that fire in an ordinary session. `alike`: its action has a statement of that
-- kind (commandType in a stored expression has the numbers of ev_type).
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18. No privileges needed.
select r.ev_class::int8 as table_oid, r.rulename as name,
       case r.ev_type when '2' then 'UPDATE' when '3' then 'INSERT' else 'DELETE' end as event,
       r.is_instead as instead, r.ev_qual <> '<>' as conditional,
       r.ev_action::text ~ ('\{QUERY :commandType ' || r.ev_type::text) as alike
  from pg_rewrite r
  join pg_class c on c.oid = r.ev_class
 where ($1::oid[] is null or r.ev_class = any ($1))
   and c.relkind in ('r', 'p', 'f')
   and r.ev_type in ('2', '3', '4')
   and r.ev_enabled in ('O', 'A')
 order by r.ev_class, r.rulename collate "C"
