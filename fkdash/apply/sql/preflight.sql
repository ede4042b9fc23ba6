-- Asked over the connection that will write, so that read_only is what it would meet.
-- What decides whether a plan may start: one row for the foreign key $1 (its OID in pg_constraint).
-- PostgreSQL 14 to 18. No privileges needed; pg_stat_replication shows only a count.
select pg_is_in_recovery()                                  as standby,
       current_setting('default_transaction_read_only') = 'on' as read_only,
       current_user                                         as role,
       pg_has_role(ch.relowner, 'USAGE')                    as may_alter,
       pg_get_userbyid(ch.relowner)                         as owner,
       (select bool_and(has_column_privilege(con.confrelid, k, 'REFERENCES')) from unnest(con.confkey) k) as may_reference,
       (select bool_and(has_column_privilege(con.confrelid, k, 'SELECT')) from unnest(con.confkey) k)
         and (select bool_and(has_column_privilege(con.conrelid, k, 'SELECT')) from unnest(con.conkey) k)
         and (r.rolsuper or r.rolbypassrls
              or ((not pa.relrowsecurity or pg_has_role(pa.relowner, 'USAGE'))
                  and (not ch.relrowsecurity or pg_has_role(ch.relowner, 'USAGE')))) as checks_fast,
       ch.reltuples::int8                                   as rows,
       (select string_agg(e.extname, ', ')
          from pg_depend d join pg_extension e on e.oid = d.refobjid
         where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_extension'::regclass
           and d.objid in (con.conrelid, con.confrelid) and d.deptype = 'e') as extension,
       (select count(*) from pg_inherits i join pg_class x on x.oid = i.inhrelid
         where i.inhparent = con.conrelid and not x.relispartition)          as inheriting_tables,
       (select string_agg(distinct t.tgenabled::text, '') from pg_trigger t
         where t.tgconstraint = con.oid and t.tgenabled <> 'O')              as unusual_triggers,
       (select string_agg(evtname, ', ' order by evtname) from pg_event_trigger
         where evtenabled <> 'D' and evtevent in ('ddl_command_start', 'ddl_command_end', 'sql_drop')) as event_triggers,
       (select count(*) from pg_stat_replication)           as standbys,
       (select count(*) from pg_stat_activity
         where backend_type = 'autovacuum worker' and query like '%to prevent wraparound%') as wraparound_vacuums
  from pg_constraint con
  join pg_class ch on ch.oid = con.conrelid
  join pg_class pa on pa.oid = con.confrelid
  join pg_roles r on r.rolname = current_user
 where con.oid = $1::oid
