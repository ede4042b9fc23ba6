-- Every column of every table that can take part in a foreign key, flat and with OIDs only:
-- names of types, defaults and collations are fetched once each and joined by the reader.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18. No privileges needed.
select a.attrelid         as table_oid,
       a.attnum::int      as number,
       a.attname          as name,
       a.atttypid         as type_oid,
       a.atttypmod        as modifier,
       a.attnotnull       as not_null,
       a.attinhcount > 0  as inherited,
       a.attidentity <> '' as identity,
       a.attidentity = 'a' as identity_always,
       a.attgenerated <> '' as generated,
       a.attcollation     as collation_oid
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
 where a.attnum > 0
   and ($1::oid[] is null or a.attrelid = any ($1))
   and not a.attisdropped
   and c.relkind in ('r', 'p', 'f')
   and n.nspname not in ('pg_catalog', 'information_schema')
   and n.nspname not like 'pg\_toast%'
   and n.nspname not like 'pg\_temp\_%'
 order by a.attrelid, a.attnum
