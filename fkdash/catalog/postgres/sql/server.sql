-- The server and the session's standing on it, one row.
-- `read_only` is what the server's or the role's configuration says, not what this session asked for itself;
-- `read_only_for_all` what it says for whoever has no setting of their own; `replica` and `replica_for_all` are the
-- same of session_replication_role = replica.
-- PostgreSQL 14 to 18. No privileges needed.
select current_setting('server_version_num')::int as version_number,
       current_setting('server_version')          as version,
       current_database()                         as database,
       current_user                               as role,
       r.rolsuper                                 as superuser,
       r.rolsuper or r.rolbypassrls               as bypasses_row_security,
       pg_is_in_recovery()                        as standby,
       exists (select from pg_settings
                where name = 'default_transaction_read_only' and setting = 'on' and source not in ('client', 'session'))
         or exists (select from pg_db_role_setting s, unnest(s.setconfig) c
                     where c = 'default_transaction_read_only=on'
                       and s.setdatabase in (0, d.oid) and s.setrole in (0, r.oid)) as read_only,
       coalesce(
         (select split_part(c, '=', 2)::boolean
            from pg_db_role_setting s, unnest(s.setconfig) c
           where c like 'default\_transaction\_read\_only=%' and s.setrole = 0 and s.setdatabase in (0, d.oid)
           order by s.setdatabase <> 0 desc limit 1),
         exists (select from pg_settings
                  where name = 'default_transaction_read_only' and setting = 'on'
                    and source not in ('client', 'session', 'user', 'database', 'database user'))) as read_only_for_all,
       exists (select from pg_settings
                where name = 'session_replication_role' and setting = 'replica' and source not in ('client', 'session'))
                                                  as replica,
       exists (select from pg_settings
                where name = 'session_replication_role' and setting = 'replica'
                  and source not in ('client', 'session', 'user', 'database user')) as replica_for_all,
       coalesce(host(inet_server_addr()), '')     as host,
       pg_encoding_to_char(d.encoding)            as encoding
  from pg_roles r, pg_database d
 where r.rolname = current_user
   and d.datname = current_database()
