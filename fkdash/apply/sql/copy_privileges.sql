-- What stands in the way of keeping a copy of the journal in the table $2 of the schema $1, one row.
-- `schema_trusted` where the schema is this role's or a superuser's: whoever owns it can rename it at any moment, under
-- every lock on its tables, and put another schema of that name in its place.
-- `table_there` and, where it is: `readable`, its owner, `own` where that is this role, `trusted` where it is this role
-- or a superuser: what is in it is carried out. `writers` are others, no superusers, who were let write it or a column
-- of it, by name ('' for everybody), by default privileges as well. `planted` names what would run or decide when a
-- line is written: nothing of it belongs to the table as fkdash makes it.
-- Asked under a lock on the table, the answer holds until the end of the transaction.
-- PostgreSQL 14 to 18. No privileges needed.
select n.oid is not null                                                      as schema_there,
       coalesce(has_schema_privilege(n.oid, 'USAGE'), false)                  as may_use,
       coalesce(has_schema_privilege(n.oid, 'CREATE'), false)                 as may_create,
       pg_get_userbyid(n.nspowner)::text                                      as schema_owner,
       coalesce(pg_get_userbyid(n.nspowner) = current_user
                or (select r.rolsuper from pg_roles r where r.oid = n.nspowner), false) as schema_trusted,
       c.oid is not null                                                      as table_there,
       coalesce(has_table_privilege(c.oid, 'SELECT'), false)                  as readable,
       array(select distinct coalesce(r.rolname, '')::text
               from (select c.relacl
                     union all
                     select a.attacl from pg_attribute a where a.attrelid = c.oid and a.attacl is not null) as l (acl)
              cross join aclexplode(l.acl) as x
               left join pg_roles r on r.oid = x.grantee
              where x.privilege_type in ('INSERT', 'UPDATE') and x.grantee <> c.relowner
                and r.rolsuper is not true and r.rolname is distinct from current_user
              order by 1)                                                      as writers,
       pg_get_userbyid(c.relowner)::text                                      as owner,
       coalesce(pg_get_userbyid(c.relowner) = current_user, false)            as own,
       coalesce(pg_get_userbyid(c.relowner) = current_user
                or (select r.rolsuper from pg_roles r where r.oid = c.relowner), false) as trusted,
       case
         when c.oid is null then ''
         when c.relkind <> 'r' or c.relispartition
              or exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent)) then 'another kind of table'
         when exists (select from pg_trigger t where t.tgrelid = c.oid) then 'a trigger or a foreign key'
         when exists (select from pg_rewrite w where w.ev_class = c.oid) then 'a rule'
         when c.relrowsecurity or c.relforcerowsecurity
              or exists (select from pg_policy p where p.polrelid = c.oid) then 'row security'
         when exists (select from pg_constraint k where k.conrelid = c.oid and k.contype not in ('p', 'n'))
              then 'a constraint'
         when exists (select from pg_index i where i.indrelid = c.oid and (i.indexprs is not null or i.indpred is not null))
              then 'an index with an expression'
         when (select array_agg(format('%s %s %s%s', a.attname, format_type(a.atttypid, null), a.attidentity, a.attgenerated)
                                order by a.attnum)
                 from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
              <> array['line bigint a', 'run text ', 'event text ', 'at timestamp with time zone ', 'role name ', 'facts jsonb ']
              then 'other columns'
         else ''
       end                                                                    as planted
  from (select 1) here
  left join pg_namespace n on n.nspname = $1::text
  left join pg_class c on c.relnamespace = n.oid and c.relname = $2::text
