-- Returns one row: how many more connections an ordinary role may open on the server now, and the current role by its
-- own limit; and which server it is, behind whatever name: its port, and when it started to the microsecond.
-- Of sessions that this role may not see the kind is not told: those of a role in a database count as clients.
-- PostgreSQL 14 to 18. No privileges needed.
with clients as materialized (
  select usesysid
    from pg_stat_activity
   where case when backend_type is not null then backend_type = 'client backend'
              else usesysid is not null and datid is not null end
)
select greatest(0, least(
         current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true), '0')::int
           - (select count(*)::int from clients),
         (select case when r.rolconnlimit < 0 then 1000000
                      else r.rolconnlimit - (select count(*)::int from clients c where c.usesysid = r.oid) end
            from pg_roles r
           where r.rolname = session_user)
       )) as free,
       current_setting('port') as server,
       pg_postmaster_start_time()::text as started
