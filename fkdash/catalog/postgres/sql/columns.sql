-- Every column of every table that can take part in a foreign key. Tables have many columns alike (`id`,
-- `created_at`), so those that are come in one row, with OIDs only and the tables that have them.
-- $1 limits it to tables with these OIDs; NULL asks for all.
-- PostgreSQL 14 to 18. No privileges needed.
select a.attnum::int        as number,
       a.attname            as name,
       a.atttypid::int8     as type_oid,
       a.atttypmod          as modifier,
       a.attnotnull         as not_null,
       a.attinhcount > 0    as inherited,
       a.attidentity <> ''  as identity,
       a.attidentity = 'a'  as identity_always,
       a.attgenerated <> '' as generated,
       a.attcollation::int8 as collation_oid,
       a.atthasdef          as has_default,
       array_agg(a.attrelid::int8) as tables
  from pg_attribute a
 where a.attnum > 0
   and not a.attisdropped
   and ($1::oid[] is null or a.attrelid = any ($1))
   and a.attrelid in (
     select oid
       from pg_class
      where relkind in ('r', 'p', 'f')
        and ($1::oid[] is not null or relnamespace <> all (array(
          select oid
            from pg_namespace
           where nspname in ('pg_catalog', 'information_schema')
              or nspname like 'pg\_toast%'
              or nspname like 'pg\_temp\_%'
        )))
   )
 group by number, name, type_oid, modifier, not_null, inherited, identity, identity_always, generated,
       collation_oid, has_default
