-- Whether transactions in this database are read-only by default for whoever has no setting of their own, one row.
-- PostgreSQL 14 to 18. No privileges needed.
select coalesce(
         (select split_part(c, '=', 2)::boolean
            from pg_db_role_setting s, unnest(s.setconfig) c
           where c like 'default\_transaction\_read\_only=%' and s.setrole = 0 and s.setdatabase in (0, d.oid)
           order by s.setdatabase <> 0 desc limit 1),
         exists (select from pg_settings
                  where name = 'default_transaction_read_only' and setting = 'on'
                    and source not in ('client', 'session', 'user', 'database', 'database user'))) as everybody
  from pg_database d
 where d.datname = current_database()
