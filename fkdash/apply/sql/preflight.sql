-- What decides whether a plan may start, one row; asked over the connection that will write, so that `read_only`
-- is what it would meet. $1 the referencing table, $2 the referenced one (OIDs), $3 and $4 their key columns,
-- $5 every table whose definition changes, $6 every table of the key, $7 the key and its copies (OIDs),
-- $8 the schemas in which something is made.
-- PostgreSQL 14 to 18. No privileges needed; pg_stat_replication shows only a count.
select pg_is_in_recovery()                                  as standby,
       current_setting('default_transaction_read_only') = 'on' as read_only,
       current_setting('session_replication_role')          as replication_role,
       current_user                                         as role,
       (select string_agg(distinct pg_get_userbyid(c.relowner), ', ') from pg_class c
         where c.oid = any ($5::oid[]) and not pg_has_role(c.relowner, 'USAGE'))   as owners,
       (select bool_and(pg_has_role(c.relowner, 'MEMBER')) from pg_class c
         where c.oid = any ($5::oid[]) and not pg_has_role(c.relowner, 'USAGE'))   as may_become_owner,
       (select bool_and(has_column_privilege($2::oid, k, 'REFERENCES')) from unnest($4::text[]) k) as may_reference,
       (select bool_and(has_column_privilege($2::oid, k, 'SELECT')) from unnest($4::text[]) k)
         and (select bool_and(has_column_privilege($1::oid, k, 'SELECT')) from unnest($3::text[]) k)
         and (r.rolsuper or r.rolbypassrls
              or ((not pa.relrowsecurity or pg_has_role(pa.relowner, 'USAGE'))
                  and (not ch.relrowsecurity or pg_has_role(ch.relowner, 'USAGE')))) as checks_fast,
       (select array_agg(n.nspname::text order by n.nspname) from pg_namespace n
         where n.nspname = any ($8::text[]) and not has_schema_privilege(n.oid, 'CREATE')) as no_create,
       version()                                            as version,
       (select array_agg(distinct e.extname::text) from pg_extension e) as extensions,
       (with recursive below (oid) as (
          select unnest($6::oid[]) union select i.inhrelid from below b join pg_inherits i on i.inhparent = b.oid),
        kept (classid, objid, what) as (
          select 'pg_class'::regclass::oid, c.oid, 'has ' || c.oid::regclass::text || ' as its own'
            from below b join pg_class c on c.oid = b.oid
          union all
          select 'pg_namespace'::regclass, c.relnamespace, 'keeps ' || c.oid::regclass::text || ' in a schema of its own'
            from below b join pg_class c on c.oid = b.oid
          union all
          select 'pg_am'::regclass, c.relam, 'stores ' || c.oid::regclass::text || ' in a way of its own'
            from below b join pg_class c on c.oid = b.oid)
        select string_agg(distinct format('the extension %s %s', e.extname, k.what), ', ')
          from kept k
          join pg_depend d on d.classid = k.classid and d.objid = k.objid and d.deptype = 'e'
          join pg_extension e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass) as kept_by_extension,
       (select count(*) from pg_inherits i join pg_class x on x.oid = i.inhrelid
         where i.inhparent = $1::oid and not x.relispartition)               as inheriting_tables,
       (select string_agg(distinct t.tgenabled::text, '') from pg_trigger t
         where t.tgconstraint = any ($7::oid[]) and t.tgenabled <> 'O')      as unusual_triggers,
       (select string_agg(evtname, ', ' order by evtname) from pg_event_trigger
         where evtenabled <> 'D' and evtevent in ('ddl_command_start', 'ddl_command_end', 'sql_drop')) as event_triggers,
       (select count(*) from pg_stat_replication)           as standbys,
       exists (select from pg_subscription_rel where srrelid = any ($6::oid[])) as subscribed,
       (select string_agg(distinct l.relation::regclass::text, ', ')
          from pg_stat_activity a join pg_locks l on l.pid = a.pid and l.relation = any ($6::oid[])
         where a.backend_type = 'autovacuum worker' and a.query like '%to prevent wraparound%') as wraparound_vacuums,
       (select count(*) from pg_stat_activity
         where backend_type = 'autovacuum worker' and query = '')            as unseen_vacuums,
       (select string_agg(distinct l.relation::regclass::text, ', ')
          from pg_stat_progress_create_index b join pg_locks l on l.pid = b.pid and l.relation = b.relid
         where b.relid = any ($6::oid[]))                   as index_builds,
       (select setting::int from pg_settings where name = 'deadlock_timeout') as deadlock_timeout_ms,
       pg_try_advisory_xact_lock(hashtextextended('fkdash', $1::oid::int8))        as alone
  from pg_class ch
  join pg_class pa on pa.oid = $2::oid
  join pg_roles r on r.rolname = current_user
 where ch.oid = $1::oid
