-- Of the functions with the OIDs $1, and those behind the operators with the OIDs $2: what decides whether their
-- code may be run by looking, and whose it is. `operators` are those of $2 that stand for the function.
-- `trusted`: owned by a superuser, the session's own role or one in fkdash.trusted_owners; for a session without
-- any right that others lack also by the database's owner and roles that it is a member of.
-- `plain`: built in and about numbers, texts, times and truth values only, so that it reads nothing else.
-- `inlined`: the planner may replace a call by the function's body (manual, "Function Optimization Information").
-- `source`, `body` and `defaults` (the latter two as stored expressions) are given where it is not trusted, and the
-- `types` of users that it takes and gives.
-- PostgreSQL 14 to 18. No privileges needed.
with behind as (
  select oprcode::oid as oid, array_agg(oid) as operators from pg_operator where oid = any ($2::oid[]) group by oprcode
), powerful as (
  select exists (
    select from pg_roles s
     where pg_has_role(session_user, s.oid, 'MEMBER')
       and (s.rolsuper or s.rolcreaterole or s.rolcreatedb or s.rolreplication or s.rolbypassrls
            or s.oid < 16384 and s.rolname like 'pg\_%' and s.rolname <> 'pg_database_owner')
  ) as yes
), trusted as (
  select r.oid
    from pg_roles r, powerful p
   where r.rolsuper
      or r.rolname = session_user
      or r.rolname = any (coalesce(nullif(current_setting('fkdash.trusted_owners', true), ''), '{}')::text[])
      or not p.yes and (pg_has_role(session_user, r.oid, 'MEMBER')
                        or r.oid = (select datdba from pg_database where datname = current_database()))
), called as (
  select p.*, f.operators, p.proowner in (select oid from trusted) as trusted
    from pg_proc p
    left join behind f on f.oid = p.oid
   where p.oid = any ($1::oid[]) or f.oid is not null
)
select p.oid, p.oid::regprocedure::text as name, pg_get_userbyid(p.proowner) as owner, p.trusted,
       p.provolatile::text as volatility, p.proacl is not null as restricted, coalesce(p.operators, '{}') as operators,
       p.oid < 16384 and l.lanname = 'internal'
         and (p.proargtypes::oid[] || p.prorettype)
             <@ array[16, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1083, 1114, 1184, 1186, 1266, 1700]::oid[] as plain,
       l.lanname = 'sql' and not p.prosecdef and p.proconfig is null as inlined,
       p.pronargs::int as arguments,
       case when not p.trusted then array(select distinct t from unnest(p.proargtypes::oid[] || p.prorettype) as u (t)
                                           where t >= 16384) end as types,
       case when not p.trusted then p.prosrc end as source,
       case when not p.trusted then p.prosqlbody::text end as body,
       case when not p.trusted then p.proargdefaults::text end as defaults
  from called p
  join pg_language l on l.oid = p.prolang
