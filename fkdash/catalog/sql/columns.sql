-- Every column of every table that can take part in a foreign key, flat.
-- A domain's default is not here but with the domain; `locked` tables show no default.
-- From PostgreSQL 18 on a NOT NULL has a name (contype n).
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18. No privileges needed.
with locked as materialized (
  select distinct relation
    from pg_locks
   where mode = 'AccessExclusiveLock' and pid <> pg_backend_pid() and relation is not null
)
select a.attrelid                              as table_oid,
       a.attnum::int                           as number,
       a.attname                               as name,
       format_type(a.atttypid, a.atttypmod)    as type,
       case when t.typtype = 'd' then t.oid end as domain_oid,
       a.attnotnull                            as not_null,
       nn.conname                              as not_null_constraint,
       case when nn.oid is null then a.attinhcount > 0 else nn.coninhcount > 0 end as not_null_inherited,
       a.attidentity <> ''                     as identity,
       a.attidentity = 'a'                     as identity_always,
       a.attgenerated <> ''                    as generated,
       case when l.relation is null then pg_get_expr(d.adbin, d.adrelid) end as default_expression,
       case when a.attcollation <> t.typcollation then co.collname end as collation
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  left join pg_constraint nn on nn.conrelid = a.attrelid and nn.contype = 'n' and nn.conkey = array[a.attnum]
  left join pg_collation co on co.oid = a.attcollation
  left join locked l on l.relation = a.attrelid
 where a.attnum > 0
   and ($1::oid[] is null or a.attrelid = any ($1))
   and not a.attisdropped
   and c.relkind in ('r', 'p', 'f')
   and n.nspname not in ('pg_catalog', 'information_schema')
   and n.nspname not like 'pg\_toast%'
   and n.nspname not like 'pg\_temp\_%'
 order by a.attrelid, a.attnum
