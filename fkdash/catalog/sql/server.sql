-- The server and the session's standing on it, one row.
-- PostgreSQL 14 to 18. No privileges needed.
select current_setting('server_version_num')::int as version_number,
       current_setting('server_version')          as version,
       current_database()                         as database,
       current_user                               as role,
       r.rolsuper                                 as superuser,
       r.rolsuper or r.rolbypassrls               as bypasses_row_security,
       pg_is_in_recovery()                        as standby,
       current_setting('default_transaction_read_only') = 'on' as read_only,
       coalesce(host(inet_server_addr()), '')     as host,
       pg_encoding_to_char(d.encoding)            as encoding
  from pg_roles r, pg_database d
 where r.rolname = current_user
   and d.datname = current_database()
