-- Triggers that users made, and those of foreign keys that are not enabled, or not called, as usual (`constraint_oid`).
-- If $2, all of foreign keys, and those of deferrable unique constraints.
-- tgtype is a bit mask: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate, 64 instead.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18. No privileges needed.
select t.tgrelid::int8 as table_oid, t.tgname as name, t.tgenabled::text as enabled, t.tgtype::int as type,
       p.proname as function, n.nspname as function_schema, p.oid::int8 as function_oid, t.tgattr::int2[] as columns,
       t.tgqual is not null as conditional, case when m.own then t.tgconstraint::int8 end as constraint_oid
  from pg_trigger t
  join pg_proc p on p.oid = t.tgfoid
 cross join lateral (
   select p.oid < 16384 and (p.proname like 'RI\_FKey\_%' or p.proname = 'unique_key_recheck') as own
 ) m
  join pg_namespace n on n.oid = p.pronamespace
 where ($1::oid[] is null or t.tgrelid = any ($1))
   -- Every foreign key has four, and there may be very many: most are known by what stands in their own row.
   and ($2 or not (t.tgisinternal and t.tgenabled = 'O' and t.tgname in (
         ('RI_ConstraintTrigger_a_' || t.oid)::name, ('RI_ConstraintTrigger_c_' || t.oid)::name)))
   and ($2 or not m.own or p.proname <> 'unique_key_recheck')
 order by t.tgrelid, t.tgname collate "C"
