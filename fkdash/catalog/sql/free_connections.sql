-- How many more connections an ordinary role may open on the server now, and the current role by its own limit.
-- PostgreSQL 14 to 18. No privileges needed.
select greatest(0, least(
         current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true), '0')::int
           - (select count(*)::int from pg_stat_activity where backend_type = 'client backend'),
         (select case when r.rolconnlimit < 0 then 1000000
                      else r.rolconnlimit
                        - (select count(*)::int from pg_stat_activity a where a.usesysid = r.oid
                                                                          and a.backend_type = 'client backend') end
            from pg_roles r
           where r.rolname = session_user)
       )) as free
