-- Triggers that users made, and those of foreign keys that are not enabled as usual.
-- tgtype is a bit mask: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate, 64 instead.
-- PostgreSQL 14 to 18. No privileges needed.
select t.tgrelid as table_oid, t.tgname as name, t.tgenabled::text as enabled, t.tgtype::int as type,
       p.proname as function, n.nspname as function_schema, nullif(t.tgconstraint, 0) as constraint_oid
  from pg_trigger t
  join pg_proc p on p.oid = t.tgfoid
  join pg_namespace n on n.oid = p.pronamespace
 where not t.tgisinternal
    or t.tgenabled <> 'O'
 order by t.tgrelid, t.tgname collate "C"
